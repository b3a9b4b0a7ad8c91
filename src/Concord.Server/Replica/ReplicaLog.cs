namespace Concord.Server.Replica;

/// <summary>What the replica says, ids 1000 to 1099.</summary>
internal sealed partial class ReplicaLog(ILogger logger)
{
    [LoggerMessage(1000, LogLevel.Information, "Loading the data in {Directory}")]
    public partial void Loading(string directory);

    [LoggerMessage(1001, LogLevel.Warning, "{Notice}")]
    public partial void RecoveryNotice(string notice);

    [LoggerMessage(1002, LogLevel.Information, "Loaded the snapshot at entry {Index}: {Bytes} bytes in {Milliseconds} ms")]
    public partial void SnapshotLoaded(long index, long bytes, long milliseconds);

    [LoggerMessage(1003, LogLevel.Information, "Replaying the log: entry {Applied} of {Last}")]
    public partial void Replaying(long applied, long last);

    [LoggerMessage(1004, LogLevel.Information, "Ready after {Milliseconds} ms: revision {Revision}, {Entries} entries replayed, {SizeBytes} bytes of keys and values")]
    public partial void Ready(long milliseconds, long revision, long entries, long sizeBytes);

    [LoggerMessage(1005, LogLevel.Information, "Role {Role} in term {Term}, leader {Leader}")]
    public partial void RoleChanged(string role, long term, string leader);

    [LoggerMessage(1006, LogLevel.Warning, "Going on alone from entry {Index} on, without {Others}. Do not start the others again with their old data")]
    public partial void WentOnAlone(long index, string others);

    [LoggerMessage(1010, LogLevel.Error, "The disk is full, writes are refused until there is room; reads go on. {Reason}")]
    public partial void DiskFull(string reason);

    [LoggerMessage(1011, LogLevel.Information, "The disk has room again, writes go on")]
    public partial void DiskHasRoomAgain();

    [LoggerMessage(1012, LogLevel.Warning, "A flush of the log took {Milliseconds} ms; the disk is slow")]
    public partial void SlowFlush(long milliseconds);

    [LoggerMessage(1013, LogLevel.Warning, "The next segment of the log cannot be prepared ({Reason}); trying again when it is needed")]
    public partial void CannotPrepareSegment(string reason);

    [LoggerMessage(1020, LogLevel.Debug, "Writing a snapshot at entry {Index}: {Entries} entries and {LogBytes} bytes after the last one")]
    public partial void SnapshotBegun(long index, long entries, long logBytes);

    [LoggerMessage(1021, LogLevel.Information, "Snapshot at entry {Index} written: {Bytes} bytes in {Milliseconds} ms")]
    public partial void SnapshotWritten(long index, long bytes, long milliseconds);

    [LoggerMessage(1022, LogLevel.Error, "The snapshot could not be written, trying again later; the log grows meanwhile. {Reason}")]
    public partial void SnapshotFailed(string reason);

    [LoggerMessage(1023, LogLevel.Error, "The newest snapshot is damaged, so the older one is kept. {Reason}")]
    public partial void SnapshotDamaged(string reason);

    [LoggerMessage(1024, LogLevel.Information, "The state was replaced by the leader's at entry {Index}, revision {Revision}")]
    public partial void SnapshotInstalled(long index, long revision);

    [LoggerMessage(1025, LogLevel.Error, "Members have different states at revision {Revision}, and no majority agrees yet: {Hashes}")]
    public partial void StatesDiffer(long revision, string hashes);

    [LoggerMessage(1030, LogLevel.Warning, "The key space has reached its quota of {QuotaBytes} bytes: writes that grow it are refused. Delete keys and compact, or raise --quota-backend-bytes")]
    public partial void QuotaReached(long quotaBytes);

    [LoggerMessage(1031, LogLevel.Information, "The key space is below its quota again: {SizeBytes} bytes")]
    public partial void QuotaCleared(long sizeBytes);

    [LoggerMessage(1040, LogLevel.Critical, "The replica stops: {Reason}")]
    public partial void Failed(Exception error, string reason);

    [LoggerMessage(1041, LogLevel.Information, "Stopped at entry {Applied}, revision {Revision}")]
    public partial void Stopped(long applied, long revision);

    [LoggerMessage(1042, LogLevel.Warning, "Stopped with {Count} calls unanswered after waiting for {Milliseconds} ms")]
    public partial void StoppedWithCalls(int count, long milliseconds);
}
