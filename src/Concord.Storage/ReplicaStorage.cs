using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// The data directory of one replica: "member.json", "log/", "snapshots/". It owns the order in which snapshots are
/// adopted and old files removed; entries and hard state go straight to <see cref="Log"/>.
/// </summary>
public sealed class ReplicaStorage : IDisposable
{
    /// <summary>The newest, and one to fall back to; the log keeps every entry since the older one.</summary>
    private const int SnapshotsKept = 2;

    private readonly IDisk _disk;
    private readonly IDisposable _lock;

    internal ReplicaStorage(IDisk disk, IDisposable directoryLock, LogStore log, SnapshotStore snapshots)
    {
        _disk = disk;
        _lock = directoryLock;
        Log = log;
        Snapshots = snapshots;
    }

    public LogStore Log { get; }

    public SnapshotStore Snapshots { get; }

    /// <summary>
    /// Opens a data directory, or sets up an empty one. What a crash can have left behind is repaired and reported in
    /// <see cref="StoredState.Notices"/>.
    /// </summary>
    /// <param name="reading">Loads the newest snapshot meanwhile; null to check it only.</param>
    /// <exception cref="StorageDamagedException">Something promised may be gone; nothing was changed.</exception>
    /// <exception cref="StorageMismatchException">It is the directory of another member, cluster or version.</exception>
    /// <exception cref="DiskInUseException">Another process has it open.</exception>
    /// <exception cref="DiskException">The operating system reported an error.</exception>
    public static ReplicaStorage Open(
        IDisk disk, MemberIdentity identity, StorageOptions options, out StoredState recovered, SnapshotReading? reading = null)
    {
        IDisposable directoryLock = disk.Lock("lock");
        try
        {
            return new StorageRecovery(disk, identity, options, reading).Run(directoryLock, out recovered);
        }
        catch
        {
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes a committed snapshot of this member's own state the one that the replica starts from, and removes what is
    /// not needed any more. When a newer one was installed meanwhile, the file is removed instead.
    /// </summary>
    public void AdoptSnapshot(LogPosition snapshot)
    {
        if (snapshot.Index > Log.Snapshot.Index)
        {
            Log.RecordSnapshot(snapshot);
            Log.Flush();
        }

        RemoveOld(SnapshotsKept);
    }

    /// <summary>
    /// Makes a committed snapshot from another member the one that the replica starts from. The whole log is dropped; the
    /// hard state is made durable in the same step. It may be repeated, because what else was to be written with it did
    /// not fit on the disk.
    /// </summary>
    public void InstallSnapshot(LogPosition snapshot, HardState hardState)
    {
        if (snapshot != Log.Snapshot)
        {
            Log.ResetTo(snapshot, hardState);
            Log.Flush();
        }

        RemoveOld(SnapshotsKept);
    }

    /// <summary>
    /// Gives up the older snapshot and the entries that only it needs, to make room on a full disk, after the newest
    /// snapshot was read and found whole. Returns the number of files removed.
    /// </summary>
    public int RemoveFallback()
    {
        if (Log.Snapshot.Index == LogIndex.Zero)
            return 0;
        Snapshots.Verify(Log.Snapshot);
        Log.Flush();
        return RemoveOld(kept: 1);
    }

    public void Dispose()
    {
        Log.Dispose();
        _lock.Dispose();
    }

    // Snapshots newer than the one the log names are not adopted yet and not touched.
    private int RemoveOld(int kept)
    {
        List<LogPosition> adopted = [.. Snapshots.List().Where(position => position.Index <= Log.Snapshot.Index)];
        kept = Math.Min(kept, adopted.Count);
        if (kept == 0)
            return 0;
        int removed = Log.DropBefore(adopted[kept - 1].Index.Next);
        if (adopted.Count == kept)
            return removed;
        foreach (LogPosition position in adopted[kept..])
            Snapshots.Remove(position);
        _disk.FlushDirectory(SnapshotName.Directory);
        return removed + adopted.Count - kept;
    }
}
