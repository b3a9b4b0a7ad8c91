using System.Globalization;
using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// The snapshot files of one replica. A file under its final name was complete and durable before it got the name. Any
/// thread may use any member; the order of adopting and removing is the owner's (<see cref="ReplicaStorage"/>).
/// </summary>
public sealed class SnapshotStore
{
    private readonly IDisk _disk;
    private readonly MemberIdentity _identity;
    private int _temporaries;

    internal SnapshotStore(IDisk disk, MemberIdentity identity)
    {
        _disk = disk;
        _identity = identity;
    }

    /// <summary>The snapshots that exist, newest first.</summary>
    public IReadOnlyList<LogPosition> List()
    {
        var found = new List<LogPosition>();
        foreach (string name in _disk.List(SnapshotName.Directory))
        {
            if (SnapshotName.TryParse(name, out LogPosition position))
                found.Add(position);
        }

        found.Reverse(); // names sort by index, then term
        return found;
    }

    /// <summary>Starts a snapshot; several may be in the making at once.</summary>
    public SnapshotWriter Create(SnapshotMetadata metadata)
    {
        string number = Interlocked.Increment(ref _temporaries).ToString(CultureInfo.InvariantCulture);
        return new SnapshotWriter(
            _disk,
            SnapshotName.Directory,
            $"{SnapshotName.Directory}/{number}{SnapshotName.TemporarySuffix}",
            SnapshotName.Path(new(metadata.Index, metadata.Term)),
            metadata,
            _identity);
    }

    public SnapshotReader Open(LogPosition position) =>
        new(_disk.Open(SnapshotName.Path(position), writable: false), position, _identity);

    /// <summary>Reads a whole snapshot to see whether it is good.</summary>
    /// <exception cref="StorageDamagedException">It is not.</exception>
    internal SnapshotMetadata Verify(LogPosition position)
    {
        using SnapshotReader reader = Open(position);
        while (reader.TryReadChunk(out _))
        {
        }

        return reader.Metadata;
    }

    internal void Remove(LogPosition position) => _disk.Delete(SnapshotName.Path(position));
}
