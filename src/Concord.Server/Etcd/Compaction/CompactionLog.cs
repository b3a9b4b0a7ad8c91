namespace Concord.Server.Etcd.Compaction;

/// <summary>What compaction by itself says, ids 1310 to 1319.</summary>
internal sealed partial class CompactionLog(ILogger logger)
{
    [LoggerMessage(1310, LogLevel.Information, "Compacted the history up to revision {Revision}")]
    public partial void Compacted(long revision);

    [LoggerMessage(1311, LogLevel.Warning, "Could not compact the history up to revision {Revision}, trying again: {Reason}")]
    public partial void CannotCompact(long revision, string reason);
}
