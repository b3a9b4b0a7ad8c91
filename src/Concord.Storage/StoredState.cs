using Concord.Raft;

namespace Concord.Storage;

/// <summary>What a replica finds when it starts.</summary>
/// <param name="Snapshot">The newest usable snapshot, or null; it was read and found whole.</param>
/// <param name="Entries">The entries after the snapshot.</param>
/// <param name="Notices">What was repaired or passed over, one sentence each, for the log.</param>
public sealed record StoredState(
    SnapshotMetadata? Snapshot,
    HardState HardState,
    IReadOnlyList<LogEntry> Entries,
    IReadOnlyList<string> Notices);
