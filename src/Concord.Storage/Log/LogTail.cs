using Concord.Raft;

namespace Concord.Storage;

/// <summary>What a log store must know to go on writing.</summary>
internal sealed record LogTail(
    IReadOnlyList<SegmentName> SealedSegments,
    uint Chain,
    LogIndex LastIndex,
    HardState HardState,
    LogPosition Snapshot);
