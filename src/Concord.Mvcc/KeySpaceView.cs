using System.Collections.Immutable;
using Concord.Mvcc.Auth;
using Concord.Mvcc.Tree;

namespace Concord.Mvcc;

/// <summary>
/// An immutable state of the key space at one revision, readable from any thread without a lock. Reads at its own
/// revision always succeed, however old it is; reads of its history end with <see cref="StoreError.Compacted"/> once
/// the key space has begun to drop that history.
/// </summary>
public sealed class KeySpaceView
{
    private readonly ReadState _state;
    private readonly ChangeLogView _log;
    private readonly ImmutableSortedDictionary<LeaseId, Lease> _leases;

    internal KeySpaceView(ReadState state, ChangeLogView log, ImmutableSortedDictionary<LeaseId, Lease> leases, long sizeBytes, AuthState auth)
    {
        _state = state;
        _log = log;
        _leases = leases;
        SizeBytes = sizeBytes;
        Auth = auth;
    }

    public long Revision => _state.Revision;

    /// <summary>Keys that exist.</summary>
    public long KeyCount => KeyTree.CountLive(_state.Tree.Root);

    /// <summary>Zero if there was no compaction.</summary>
    public long CompactedRevision => _state.CompactedRevision;

    /// <summary><see cref="KeySpace.SizeBytes"/> when the view was made.</summary>
    public long SizeBytes { get; }

    /// <summary>Who may do what, when the view was made.</summary>
    public AuthState Auth { get; }

    internal ReadState State => _state;

    internal ChangeLogView Log => _log;

    internal IReadOnlyDictionary<LeaseId, Lease> LeaseEntries => _leases;

    /// <summary>Whether a command on its caller's behalf would be let through in this state.</summary>
    public StoreError CheckAccess(Command command) => AccessCheck.Check(Auth, _leases, command);

    /// <summary>Whether a caller may run an operation in this state.</summary>
    public StoreError CheckAccess(Caller? caller, Operation operation)
    {
        var error = Auth.Identify(caller, out var rights);
        return error != StoreError.None ? error
            : new AccessCheck(rights!, _leases).Allows(operation) ? StoreError.None
            : StoreError.PermissionDenied;
    }

    /// <summary>Whether a caller may do something with every key that is attached to a lease.</summary>
    public StoreError CheckLeaseAccess(Caller? caller, LeaseId lease, Access access)
    {
        var error = Auth.Identify(caller, out var rights);
        if (error != StoreError.None || !_leases.TryGetValue(lease, out var found))
        {
            return error;
        }

        return (access & Access.Read) != 0 && !rights!.AllowsReading(found) ? StoreError.PermissionDenied
            : (access & Access.Write) != 0 && !rights!.AllowsPlainWrite(found) ? StoreError.PermissionDenied
            : StoreError.None;
    }

    /// <summary>Reads a range; the error is <see cref="StoreError.None"/> and the result not null, or the reverse.</summary>
    public StoreError Range(RangeOperation range, out RangeResult? result) => _state.Range(range, out result);

    /// <summary>The newest version of one key, or null.</summary>
    public KeyVersion? Get(ReadOnlySpan<byte> key) => _state.Get(key);

    /// <summary>Evaluates a transaction that only reads.</summary>
    /// <exception cref="ArgumentException">A chosen branch has a put or a delete.</exception>
    public CommandResult Read(TransactionOperation transaction)
    {
        var error = TransactionRunner.Run(_state, transaction, out var result);
        return new(error, Revision, result);
    }

    /// <summary>
    /// Appends to <paramref name="changes"/> the changes of <paramref name="range"/> from <paramref name="fromRevision"/>
    /// on, in order, whole revisions only, until <paramref name="changesMax"/> is reached or the view ends. Returns the
    /// first revision not looked at (Revision + 1 at the end), or 0 when <paramref name="fromRevision"/> is below the
    /// compaction of this view. What the view holds stays readable while the key space drops it.
    /// </summary>
    public long ReadChanges(KeyRange range, long fromRevision, int changesMax, List<KeyVersion> changes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(changesMax, 1);
        if (fromRevision < CompactedRevision)
        {
            return 0;
        }

        var full = changes.Count + changesMax;
        var revision = fromRevision;
        for (var position = _log.Find(fromRevision); position < _log.End; position++)
        {
            var change = _log[position];
            if (change.ModRevision != revision && changes.Count >= full)
            {
                return change.ModRevision;
            }

            revision = change.ModRevision;
            if (range.Contains(change.KeySpan))
            {
                changes.Add(change);
            }
        }

        return Math.Max(fromRevision, Revision + 1);
    }

    /// <summary>The version before a change, or null if there was none or compaction took it.</summary>
    public KeyVersion? Before(KeyVersion change)
    {
        // Below or at the compaction the link may or may not be cut yet; the answer must not depend on it.
        var previous = change.ModRevision > CompactedRevision ? change.Previous : null;
        return previous is { IsTombstone: false } ? previous : null;
    }

    /// <summary>
    /// A hash over every version that history holds at or below a revision (≤ 0 is the newest): equal on all replicas
    /// with the same compaction, however far each has trimmed. Passes over all data.
    /// </summary>
    public StoreError Hash(long revision, out uint hash)
    {
        hash = 0;
        var error = _state.Check(revision);
        if (error != StoreError.None)
        {
            return error;
        }

        var last = revision <= 0 ? Revision : revision;
        var versions = new List<KeyVersion>();
        var cursor = new KeyTreeCursor(_state.Tree, KeyRange.All);
        while (cursor.Next() is { } newest)
        {
            versions.Clear();
            History.Collect(newest, CompactedRevision, versions);
            foreach (var version in versions)
            {
                hash += version.ModRevision <= last ? VersionHash.Of(version) : 0;
            }
        }

        return _state.Horizon.Revision > CompactedRevision ? StoreError.Compacted : StoreError.None;
    }

    /// <summary>
    /// As <see cref="Hash"/>, and over users and roles too: what replicas compare. Those of this view, so it is comparable only
    /// with views of the same <see cref="AuthState.Changes"/>.
    /// </summary>
    public StoreError HashState(long revision, out uint hash)
    {
        var error = Hash(revision, out hash);
        hash += AuthStateCodec.Hash(Auth);
        return error;
    }

    /// <summary>The granted TTL in seconds, or null for a lease that does not exist.</summary>
    public long? LeaseTtl(LeaseId lease) => _leases.TryGetValue(lease, out var found) ? found.TtlSeconds : null;

    /// <summary>All leases, in the order of their numbers.</summary>
    public IReadOnlyList<LeaseId> Leases() => [.. _leases.Keys];

    /// <summary>The keys attached to a lease, in key order; none if the lease does not exist.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> LeaseKeys(LeaseId lease)
    {
        if (!_leases.TryGetValue(lease, out var found))
        {
            return [];
        }

        var keys = new List<ReadOnlyMemory<byte>>(found.Keys.Count);
        foreach (var key in found.Keys)
        {
            keys.Add(key);
        }

        return keys;
    }
}
