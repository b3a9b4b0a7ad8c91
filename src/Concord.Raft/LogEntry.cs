namespace Concord.Raft;

public enum EntryKind : byte
{
    /// <summary>A command of the state machine.</summary>
    Command = 0,

    /// <summary>The group's new configuration (section 6), as <see cref="MembershipCodec"/> writes it.</summary>
    Membership = 1,

    /// <summary>The entry that a leader starts its term with (section 8); carries nothing.</summary>
    Empty = 2,
}

/// <summary>One entry of the replicated log.</summary>
public readonly record struct LogEntry(LogIndex Index, Term Term, EntryKind Kind, ReadOnlyMemory<byte> Data);

/// <summary>What a member must remember across restarts besides its log (figure 2, "persistent state").</summary>
/// <param name="Commit">A lower bound, kept to shorten replay; safety does not depend on it.</param>
public readonly record struct HardState(Term Term, MemberId Vote, LogIndex Commit);

/// <summary>
/// Who belongs to the group. With <see cref="OutgoingVoters"/> the group is in a joint configuration and every decision
/// needs a majority of both (section 6). All lists are sorted by id; a member is in one list of each kind only.
/// </summary>
/// <param name="NextLearners">Voters of the outgoing half that become learners when the joint configuration ends.</param>
/// <param name="AutoLeave">The leader ends the joint configuration by itself once it is committed.</param>
public sealed record Membership(
    IReadOnlyList<MemberId> Voters,
    IReadOnlyList<MemberId> OutgoingVoters,
    IReadOnlyList<MemberId> Learners,
    IReadOnlyList<MemberId> NextLearners,
    bool AutoLeave)
{
    /// <summary>
    /// The host's own bytes about the members (names, addresses): replicated, kept and compacted with the configuration, not
    /// looked at. At most <see cref="MembershipCodec.MaxContextBytes"/>.
    /// </summary>
    public ReadOnlyMemory<byte> Context { get; init; }

    public static Membership Empty { get; } = new([], [], [], [], false);

    public bool IsJoint => OutgoingVoters.Count > 0;

    public static Membership Of(params IReadOnlyList<MemberId> voters) => Empty with { Voters = [.. voters.Order()] };
}

/// <summary>What a snapshot stands for: the state after applying the entry <see cref="Index"/> (section 7).</summary>
public sealed record SnapshotMetadata(LogIndex Index, Term Term, Membership Membership);
