using Concord.Raft;

namespace Concord.Storage;

/// <summary>Opening a data directory: first everything is read and judged, and only then is anything changed.</summary>
internal sealed class StorageRecovery(IDisk disk, MemberIdentity identity, StorageOptions options, SnapshotReading? reading)
{
    private const string DamagedSuffix = ".damaged";

    private readonly List<string> _notices = [];

    public ReplicaStorage Run(IDisposable directoryLock, out StoredState recovered)
    {
        disk.CreateDirectory(SegmentName.Directory);
        disk.CreateDirectory(SnapshotName.Directory);
        var snapshots = new SnapshotStore(disk, identity);
        MemberIdentity? found = MemberFile.TryRead(disk);
        CheckIdentity(found);
        List<SegmentName> segments = LogReader.List(disk);
        IReadOnlyList<LogPosition> files = snapshots.List();
        if (found is null && segments.Count == 0 && files.Count == 0)
            return SetUp(directoryLock, snapshots, out recovered);
        if (segments.Count == 0)
            throw new StorageDamagedException(
                SegmentName.Directory, 0, "there is no segment of the log, though this is not a new data directory.");

        var check = new SnapshotCheck(snapshots, files, reading);
        LogContents log = LogReader.Read(disk, identity, segments, allData: false);
        SnapshotChoice choice = SnapshotChoice.Make(check, files, log);
        if (choice.Position.Index < log.Replay.DataAfter)
            log = LogReader.Read(disk, identity, segments, allData: true);
        CheckCommit(log);
        if (found is null)
            CheckUnused(log, files);

        RemoveTemporaries();
        Tidy(log, choice);
        LogStore store = OpenLog(log, choice);
        if (found != identity)
            MemberFile.Write(disk, identity);
        recovered = new StoredState(
            choice.Metadata, log.Replay.HardState, log.Replay.EntriesAfter(choice.Position.Index), _notices);
        return new ReplicaStorage(disk, directoryLock, store, snapshots);
    }

    private ReplicaStorage SetUp(IDisposable directoryLock, SnapshotStore snapshots, out StoredState recovered)
    {
        RemoveTemporaries();
        LogSegment first = LogStore.CreateFirst(disk, identity, options);
        MemberFile.Write(disk, identity);
        var store = new LogStore(disk, identity, options, first, new LogTail([], 0, LogIndex.Zero, default, default));
        recovered = new StoredState(null, default, [], _notices);
        return new ReplicaStorage(disk, directoryLock, store, snapshots);
    }

    private void CheckIdentity(MemberIdentity? found)
    {
        if (found is not null && (found.ClusterId != identity.ClusterId || found.MemberId != identity.MemberId))
            throw new StorageMismatchException(
                $"The data directory belongs to member '{found.Name}' ({found.MemberId:x}) of cluster {found.ClusterId:x}, but " +
                $"this is member '{identity.Name}' ({identity.MemberId:x}) of cluster {identity.ClusterId:x}. Give every " +
                "member a data directory of its own.");
    }

    // A commit index is only ever stored with or after the entries that it covers.
    private static void CheckCommit(LogContents log)
    {
        if (log.Replay.HardState.Commit > log.Replay.Last)
            throw new StorageDamagedException(
                log.Segments[^1].Path,
                Sector.Offset(log.LastScan.End),
                $"the log ends at entry {log.Replay.Last}, but entry {log.Replay.HardState.Commit} was known to be committed.");
    }

    // The identity file is written last in setting up; without it the log must be as new.
    private static void CheckUnused(LogContents log, IReadOnlyList<LogPosition> files)
    {
        if (log.Segments.Count > 1 || log.LastScan.End > 1 || files.Count > 0)
            throw new StorageDamagedException(
                MemberFile.Path, 0, "it is missing, though the data directory holds data. Put the file back.");
    }

    private void RemoveTemporaries()
    {
        foreach (string directory in (string[])[SegmentName.Directory, SnapshotName.Directory])
        {
            foreach (string name in disk.List(directory))
            {
                if (name.EndsWith(SegmentName.TemporarySuffix, StringComparison.Ordinal))
                    disk.Delete($"{directory}/{name}");
            }
        }
    }

    private void Tidy(LogContents log, SnapshotChoice choice)
    {
        foreach (SegmentName leftover in log.Leftovers)
        {
            disk.Delete(leftover.Path);
            _notices.Add($"Removed '{leftover.Path}', which a snapshot had made unnecessary before the last stop.");
        }

        foreach (LogPosition orphan in choice.Orphans)
        {
            disk.Delete(SnapshotName.Path(orphan));
            _notices.Add($"Removed '{SnapshotName.Path(orphan)}', which was received but not yet adopted before the last stop.");
        }

        foreach ((LogPosition position, StorageDamagedException error) in choice.Damaged)
        {
            string path = SnapshotName.Path(position);
            disk.Rename(path, path + DamagedSuffix);
            _notices.Add(
                $"Passed over '{path}', damaged at byte {error.Offset}: {error.Found} Renamed it to '{path}{DamagedSuffix}'.");
        }

        disk.FlushDirectory(SegmentName.Directory);
        disk.FlushDirectory(SnapshotName.Directory);
        disk.FlushDirectory("");
    }

    private LogStore OpenLog(LogContents log, SnapshotChoice choice)
    {
        SegmentHeader header = log.LastHeader;
        IDiskFile file = disk.Open(header.Name.Path, writable: true);
        CutTail(log, file);
        MakeDurable(file, log.LastScan.End);
        var segment = new LogSegment(file, header, Sector.Salt(identity, header.Name.Sequence), log.LastScan.End);
        var store = new LogStore(disk, identity, options, segment, new LogTail(
            [.. log.Segments.Take(log.Segments.Count - 1)],
            log.Replay.Chain,
            log.Replay.Last,
            log.Replay.HardState,
            log.Replay.Snapshot));
        if (choice.Position.Index < log.Replay.Snapshot.Index)
        {
            store.FallBackTo(choice.Position);
            _notices.Add(
                $"The log continues the snapshot at {log.Replay.Snapshot}, which is missing or damaged; starting from the one " +
                $"at {choice.Position}. The log has every entry since, so nothing is lost.");
        }

        return store;
    }

    // A killed process leaves whole batches that were read just now but are in the system's cache only. From here on they
    // count as durable. A flush alone would not make them so: after one that failed, the system may take for written what
    // is not on the medium (Linux does), and would have nothing to flush. So they are written once more, over themselves.
    private static void MakeDurable(IDiskFile file, int sectors)
    {
        var piece = new byte[1 << 20];
        long end = Sector.Offset(sectors);
        for (long offset = 0; offset < end; offset += piece.Length)
        {
            Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(piece.Length, end - offset));
            file.Read(bytes, offset);
            file.Write(bytes, offset);
        }

        file.Flush();
    }

    private void CutTail(LogContents log, IDiskFile file)
    {
        SegmentScan scan = log.LastScan;
        long bytes = Sector.Offset(log.LastHeader.CapacitySectors);
        if (file.Length < bytes)
        {
            _notices.Add($"'{file.Path}' had lost unused bytes at its end ({file.Length} of {bytes} were left); made them again.");
            file.Preallocate(bytes);
            file.Flush();
        }

        if (scan.DirtyEnd == scan.End)
            return;
        LogSegment.Wipe(file, scan.End, scan.DirtyEnd);
        _notices.Add(
            $"Cut a torn tail: '{file.Path}' at byte {Sector.Offset(scan.End)}, {Sector.Offset(scan.DirtyEnd - scan.End)} bytes " +
            "of a write that was never acknowledged.");
    }
}
