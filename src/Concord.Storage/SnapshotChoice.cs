using Concord.Raft;

namespace Concord.Storage;

/// <summary>Which of the snapshot files a replica starts from.</summary>
/// <param name="Orphans">Files that the log does not know: received, but not adopted before a crash.</param>
/// <param name="Damaged">Files that were passed over, with the reasons.</param>
internal sealed record SnapshotChoice(
    SnapshotMetadata? Metadata,
    IReadOnlyList<LogPosition> Orphans,
    IReadOnlyList<(LogPosition Position, StorageDamagedException Error)> Damaged)
{
    public LogPosition Position => Metadata is null ? default : new LogPosition(Metadata.Index, Metadata.Term);

    /// <summary>
    /// The newest good file that the log continues without a gap. With a damaged or missing newest file that may be the
    /// one before: the log keeps every entry since, so nothing is lost by starting there.
    /// </summary>
    /// <exception cref="StorageDamagedException">Something that the log stands on is not there.</exception>
    public static SnapshotChoice Make(SnapshotCheck check, IReadOnlyList<LogPosition> files, LogContents log)
    {
        LogReplay replay = log.Replay;
        var orphans = new List<LogPosition>();
        var damaged = new List<(LogPosition, StorageDamagedException Error)>();
        foreach (LogPosition file in files)
        {
            if (IsOrphan(file, replay))
            {
                orphans.Add(file);
                continue;
            }

            if (replay.Start > file.Index.Next)
                break;
            try
            {
                return new SnapshotChoice(check.Verify(file), orphans, damaged);
            }
            catch (StorageDamagedException error)
            {
                damaged.Add((file, error));
            }
        }

        if (damaged.Count > 0)
            throw damaged[0].Error;
        if (replay.Snapshot.Index > LogIndex.Zero)
            throw new StorageDamagedException(
                SnapshotName.Path(replay.Snapshot), 0, "the log continues this snapshot, but the file is missing.");
        if (replay.Start > new LogIndex(1))
            throw new StorageDamagedException(
                log.Segments[0].Path, 0, $"the log begins at entry {replay.Start}, and nothing holds what came before.");
        return new SnapshotChoice(null, orphans, damaged);
    }

    private static bool IsOrphan(LogPosition file, LogReplay replay) => file.Index == replay.Snapshot.Index
        ? file.Term != replay.Snapshot.Term
        : file.Index > replay.Snapshot.Index && !replay.Holds(file);
}
