namespace Concord.Raft;

/// <summary>
/// What storage found at start. A new group starts from <see cref="NewGroup"/> on each of its first members; a member
/// that joins a running group starts from <see cref="Joining"/> and learns everything from the leader.
/// </summary>
/// <param name="HardState">The last one written (all zero at first).</param>
/// <param name="Snapshot">The newest snapshot; the state machine holds exactly this. Index 0 if there is none.</param>
/// <param name="Entries">The log after the snapshot, without a gap, from <c>Snapshot.Index + 1</c>.</param>
public sealed record RecoveredState(HardState HardState, SnapshotMetadata Snapshot, ReadOnlyMemory<LogEntry> Entries)
{
    /// <summary>
    /// Each of the first members starts with the same list, until it has a log: the first leader writes the list into entry
    /// 1, and from then on the log alone says who is a member.
    /// </summary>
    public static RecoveredState NewGroup(Membership membership) =>
        new(default, new SnapshotMetadata(LogIndex.Zero, Term.Zero, membership), default);

    public static RecoveredState Joining { get; } = NewGroup(Membership.Empty);
}
