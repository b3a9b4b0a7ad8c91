using Concord.Mvcc.Auth;
using Concord.Mvcc.Tree;

namespace Concord.Mvcc.Snapshots;

/// <summary>The numbers of a version as a snapshot holds them.</summary>
internal readonly record struct VersionNumbers(long ModRevision, int SubRevision, long CreateRevision, long Version, LeaseId Lease);

/// <summary>
/// Puts the parts of a snapshot together to a key space. Checks what the store relies on, with a
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
    private KeyVersion? _newest;
    private AuthState _auth = AuthState.Initial;

    public void Begin(long revision, long compactedRevision)
    {
        Require(revision >= 1 && compactedRevision <= revision, "revisions that cannot be");
        _revision = revision;
        _compactedRevision = compactedRevision;
    }

    public void SetUsers(AuthState auth)
    {
        _auth = auth;
        _hash += AuthStateCodec.Hash(auth);
    }

    public void AddLease(LeaseId lease, long ttlSeconds) =>
        Require(!lease.IsNone && _leases.TryAdd(lease, (ttlSeconds, [])), "a lease twice or without a number");

    /// <summary>Adds the next newer version of the present key.</summary>
    public void AddVersion(byte[] data, int keyLength, VersionNumbers numbers)
    {
        var version = new KeyVersion(
            data,
            keyLength,
            numbers.CreateRevision,
            numbers.ModRevision,
            numbers.SubRevision,
            numbers.Version,
            numbers.Lease,
            _newest);
        Require(IsSound(version), "a version that cannot be");
        if (version.ModRevision >= _compactedRevision)
        {
            _changes.Add(version);
        }

        _newest = version;
        _count++;
        _hash += VersionHash.Of(version);
        _sizeBytes += version.SizeBytes;
    }

    public void EndKey()
    {
        var newest = _newest!;
        _newest = null;
        _tree.Append(newest);
        if (!newest.Lease.IsNone)
        {
            var known = _leases.TryGetValue(newest.Lease, out var lease);
            Require(known, "a key of a lease that it does not have");
            lease.Keys.Add(newest.KeySpan.ToArray());
        }
    }

    public void End(long count, uint hash) =>
        Require(count == _count && hash == _hash, "not what was written into it; it is damaged");

    public KeySpace Complete(long revisionBump, bool markCompacted)
    {
        Require(revisionBump <= long.MaxValue - _revision, $"the revision {_revision}, which cannot grow by {revisionBump}");
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

    private bool IsSound(KeyVersion version)
    {
        var isNewer = _newest is null
            || version.ModRevision > _newest.ModRevision
            || (version.ModRevision == _newest.ModRevision && version.SubRevision > _newest.SubRevision);
        return isNewer && version.ModRevision <= _revision && (version.IsTombstone
            ? version.CreateRevision == 0 && version.Lease.IsNone && version.ValueSpan.IsEmpty
            : version.CreateRevision >= 1 && version.CreateRevision <= version.ModRevision);
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

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new FormatException($"The snapshot has {problem}.");
        }
    }
}
