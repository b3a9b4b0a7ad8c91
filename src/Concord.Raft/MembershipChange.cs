namespace Concord.Raft;

public enum MemberChangeKind
{
    /// <summary>Add a voter, or promote a learner.</summary>
    AddVoter = 0,

    /// <summary>Add a learner, or demote a voter.</summary>
    AddLearner = 1,

    Remove = 2,
}

public readonly record struct MemberChange(MemberChangeKind Kind, MemberId Member);

/// <summary>How a change of several voters gets from the old configuration to the new one.</summary>
public enum JointMode
{
    /// <summary>In one step if at most one voter changes, else by way of a joint configuration that ends by itself.</summary>
    Auto = 0,

    /// <summary>By way of a joint configuration that ends by itself, also for one voter.</summary>
    Joint = 1,

    /// <summary>Into a joint configuration that stays until <see cref="MembershipChange.LeaveJoint"/>.</summary>
    JointExplicit = 2,
}

/// <summary>Changes that take effect together (section 6).</summary>
/// <param name="Changes">Applied in order. Empty: leave the joint configuration, or change nothing but the context.</param>
/// <param name="Context">Takes the place of <see cref="Membership.Context"/>; null keeps it.</param>
public sealed record MembershipChange(IReadOnlyList<MemberChange> Changes, JointMode Mode = JointMode.Auto, ReadOnlyMemory<byte>? Context = null)
{
    public static MembershipChange LeaveJoint { get; } = new([]);

    public static MembershipChange AddVoter(MemberId member) => new([new(MemberChangeKind.AddVoter, member)]);

    public static MembershipChange AddLearner(MemberId member) => new([new(MemberChangeKind.AddLearner, member)]);

    public static MembershipChange Remove(MemberId member) => new([new(MemberChangeKind.Remove, member)]);
}

/// <summary>What an entry of kind <see cref="EntryKind.Membership"/> holds: the whole new configuration, not the difference.</summary>
public sealed record MembershipEntry(LogIndex Index, Membership Membership);
