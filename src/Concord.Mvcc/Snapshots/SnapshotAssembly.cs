using Concord.Mvcc.Auth;
using Concord.Mvcc.Tree;

namespace Concord.Mvcc.Snapshots;

/// <summary>
/// Puts the blocks of a snapshot together to a key space, in their order. Checks what the store relies on, with a
/// <see cref="FormatException"/> where it does not hold.
/// </summary>
internal sealed class SnapshotAssembly
{
    private readonly KeyTreeBuilder _tree = new();
    private readonly SortedDictionary<LeaseId, (long TtlSeconds, List<byte[]> Keys)> _leases = [];
    private readonly List<KeyVersion> _changes = [];
    private long _revision;
    private long _compactedRevision;
    private long _sizeBytes;
    private long _count;
    private uint _hash;
    private AuthState _auth = AuthState.Initial;
    private KeyVersion? _newest;

    public void Begin(long revision, long compactedRevision)
    {
        Require.That(revision >= 1 && compactedRevision <= revision, "revisions that cannot be");
        _revision = revision;
        _compactedRevision = compactedRevision;
    }

    public void SetUsers(AuthState auth)
    {
        _auth = auth;
        _hash += AuthStateCodec.Hash(auth);
    }

    public void AddLease(LeaseId lease, long ttlSeconds) =>
        Require.That(!lease.IsNone && _leases.TryAdd(lease, (ttlSeconds, [])), "a lease twice or without a number");

    /// <summary>Adds a block that was decoded.</summary>
    public void Add(SnapshotBlock block)
    {
        if (block.Continuation is { } continuation)
        {
            Require.That(_newest is not null && continuation.Continues(_newest), "a block that does not continue the one before");
            continuation.LinkPrevious(_newest!);
        }
        else
        {
            EndKey();
        }

        var newest = block.Newest;
        for (var i = 0; i < newest.Count; i++)
        {
            _newest = newest[i];
            if (i < newest.Count - 1)
            {
                EndKey();
            }
        }

        _changes.AddRange(block.Changes);
        _count += block.Count;
        _hash += block.Hash;
        _sizeBytes += block.SizeBytes;
    }

    public void End(long count, uint hash)
    {
        EndKey();
        Require.That(count == _count && hash == _hash, "not what was written into it; it is damaged");
    }

    public KeySpace Complete(long revisionBump, bool markCompacted)
    {
        Require.That(revisionBump <= long.MaxValue - _revision, $"the revision {_revision}, which cannot grow by {revisionBump}");
        var revision = _revision + revisionBump;
        var leases = new LeaseTable();
        foreach (var (id, (ttlSeconds, keys)) in _leases)
        {
            leases.Add(id, ttlSeconds, keys);
        }

        var editor = new KeySpaceEditor(new KeyTreeEditor(_tree.Build()), BuildLog(), leases, revision)
        {
            CompactedRevision = markCompacted ? revision : _compactedRevision,
            SizeBytes = _sizeBytes,
            Auth = _auth,
        };
        return new(editor);
    }

    /// <summary>The key that is under way has no more versions.</summary>
    private void EndKey()
    {
        if (_newest is not { } newest)
        {
            return;
        }

        _newest = null;
        _tree.Append(newest);
        if (!newest.Lease.IsNone)
        {
            var known = _leases.TryGetValue(newest.Lease, out var lease);
            Require.That(known, "a key of a lease that it does not have");
            lease.Keys.Add(newest.KeySpan.ToArray());
        }
    }

    /// <summary>Sorts by revision as plain numbers, then puts the few changes that share one in their order.</summary>
    private ChangeLog BuildLog()
    {
        var changes = _changes.ToArray();
        var revisions = Array.ConvertAll(changes, change => change.ModRevision);
        Array.Sort(revisions, changes);
        var log = new ChangeLog();
        for (var from = 0; from < changes.Length;)
        {
            var to = from + 1;
            while (to < changes.Length && revisions[to] == revisions[from])
            {
                to++;
            }

            changes.AsSpan(from, to - from).Sort((left, right) => left.SubRevision.CompareTo(right.SubRevision));
            for (; from < to; from++)
            {
                log.Append(changes[from]);
            }
        }

        return log;
    }
}
