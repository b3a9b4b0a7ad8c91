using Concord.Mvcc.Tree;

namespace Concord.Mvcc;

/// <summary>
/// Builds a key space from the versions of another store, given in the order in which they were written. What that
/// store's compaction allows to forget is left out, whether or not it had come to dropping it. Checks what the key
/// space relies on, with a <see cref="FormatException"/> where it does not hold.
/// </summary>
public sealed class HistoryBuilder
{
    private readonly KeyTreeEditor _tree = new();
    private readonly ChangeLog _log = new();
    private readonly SortedDictionary<LeaseId, (long TtlSeconds, List<byte[]> Keys)> _leases = [];
    private readonly long _compactedRevision;
    private (long Revision, int SubRevision) _last;
    private long _sizeBytes;

    /// <param name="compactedRevision">Zero if there was no compaction.</param>
    public HistoryBuilder(long compactedRevision)
    {
        Require(compactedRevision >= 0, $"the compaction revision is {compactedRevision}");
        _compactedRevision = compactedRevision;
    }

    /// <summary>The revision reached so far.</summary>
    public long Revision => Math.Max(Math.Max(1, _compactedRevision), _last.Revision);

    /// <summary>Keys whose lease does not exist. They are kept, without a lease. Known when the key space is complete.</summary>
    public int KeysOfLostLeases { get; private set; }

    public void AddLease(LeaseId lease, long ttlSeconds)
    {
        Require(!lease.IsNone && ttlSeconds >= 0, $"lease {lease} has a time to live of {ttlSeconds} seconds");
        Require(_leases.TryAdd(lease, (ttlSeconds, [])), $"lease {lease} comes twice");
    }

    /// <summary>A revision without a change of a key.</summary>
    public void AddRevision(long revision) => Advance(revision, 0);

    public void AddTombstone(ReadOnlySpan<byte> key, long revision, int subRevision)
    {
        Advance(revision, subRevision);
        var former = _tree.Seek(key);
        Require(
            former is { IsTombstone: false } || revision <= _compactedRevision,
            $"revision {revision} deletes a key that is not there");
        Add(new(key.ToArray(), key.Length, 0, revision, subRevision, 0, LeaseId.None, Kept(former, revision)), replaces: former is not null);
    }

    /// <param name="revision">The mod revision.</param>
    /// <param name="version">1 for the put that created the key.</param>
    public void AddPut(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long createRevision, long revision, int subRevision, long version, LeaseId lease)
    {
        Advance(revision, subRevision);
        Require(
            version >= 1 && createRevision >= 1 && (version == 1 ? createRevision == revision : createRevision <= revision),
            $"the put of revision {revision} has version {version} and create revision {createRevision}");
        var former = _tree.Seek(key);
        if (revision > _compactedRevision)
        {
            var (expectedVersion, expectedCreate) = former is { IsTombstone: false } ? (former.Version + 1, former.CreateRevision) : (1, revision);
            Require(
                version == expectedVersion && createRevision == expectedCreate,
                $"the put of revision {revision} does not follow the version before it: it has version {version}, created at {createRevision}, "
                + $"where {expectedVersion}, created at {expectedCreate}, is due");
        }

        var data = GC.AllocateUninitializedArray<byte>(key.Length + value.Length);
        key.CopyTo(data);
        value.CopyTo(data.AsSpan(key.Length));
        Add(new(data, key.Length, createRevision, revision, subRevision, version, lease, Kept(former, revision)), replaces: former is not null);
    }

    /// <param name="revisionBump">See <see cref="KeySpaceSnapshotReader.Complete(long, bool)"/>.</param>
    /// <param name="markCompacted">As above.</param>
    /// <exception cref="FormatException">The revision would be no number any more.</exception>
    public KeySpace Complete(long revisionBump, bool markCompacted)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(revisionBump);
        Require(revisionBump <= long.MaxValue - Revision, $"the revision is {Revision} and cannot grow by {revisionBump}");
        AttachKeys();
        var revision = Revision + revisionBump;
        var leases = new LeaseTable();
        foreach (var (id, (ttlSeconds, keys)) in _leases)
        {
            leases.Add(id, ttlSeconds, keys);
        }

        var editor = new KeySpaceEditor(_tree, _log, leases, revision)
        {
            CompactedRevision = markCompacted ? revision : _compactedRevision,
            SizeBytes = _sizeBytes,
        };
        return new(editor);
    }

    private void Advance(long revision, int subRevision)
    {
        Require(revision >= 1 && subRevision >= 0, $"there is a revision {revision} with sub-revision {subRevision}");
        Require((revision, subRevision).CompareTo(_last) > 0, $"revision {revision} comes after revision {_last.Revision}");
        _last = (revision, subRevision);
    }

    /// <summary>What a change leaves of the version before it: nothing if that was only in force before the compaction.</summary>
    private KeyVersion? Kept(KeyVersion? former, long revision)
    {
        if (former is null || former.ModRevision >= _compactedRevision || revision > _compactedRevision)
        {
            return former;
        }

        _sizeBytes -= former.SizeBytes;
        return null;
    }

    /// <summary>Adds a version of the key that was sought last.</summary>
    private void Add(KeyVersion version, bool replaces)
    {
        if (version.IsTombstone && version.ModRevision < _compactedRevision)
        {
            if (replaces)
            {
                _tree.Remove();
            }

            return;
        }

        _tree.Put(version);
        _sizeBytes += version.SizeBytes;
        if (version.ModRevision >= _compactedRevision)
        {
            _log.Append(version);
        }
    }

    private void AttachKeys()
    {
        var lost = new List<KeyVersion>();
        var cursor = new KeyTreeCursor(_tree.Current, KeyRange.All);
        while (cursor.NextLive() is { } version)
        {
            if (version.Lease.IsNone)
            {
                continue;
            }

            if (_leases.TryGetValue(version.Lease, out var lease))
            {
                lease.Keys.Add(version.KeySpan.ToArray());
            }
            else
            {
                lost.Add(version);
            }
        }

        KeysOfLostLeases = lost.Count;
        foreach (var version in lost)
        {
            Detach(version);
        }
    }

    private void Detach(KeyVersion version)
    {
        var detached = new KeyVersion(
            version.Data, version.KeyLength, version.CreateRevision, version.ModRevision, version.SubRevision, version.Version, LeaseId.None, version.Previous);
        _tree.Seek(version.KeySpan);
        _tree.Put(detached);
        if (version.ModRevision >= _compactedRevision)
        {
            _log.Replace(version, detached);
        }
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new FormatException($"The history cannot be: {problem}.");
        }
    }
}
