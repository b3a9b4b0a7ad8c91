namespace Concord.Client.Cluster;

/// <summary>One server of the cluster.</summary>
public sealed record Member
{
    public required ulong Id { get; init; }

    /// <summary>Empty until the member has started for the first time.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<string> PeerUrls { get; init; }

    public required IReadOnlyList<string> ClientUrls { get; init; }

    /// <summary>Receives everything and has no vote yet.</summary>
    public required bool IsLearner { get; init; }

    /// <summary>A learner that gets a vote by itself once it has caught up; known from <see cref="ClusterClient.GetMembershipAsync"/>.</summary>
    public bool BecomesVoter { get; init; }

    /// <summary>The voter that leaves when this member gets its vote; 0 for none.</summary>
    public ulong Replaces { get; init; }
}

/// <summary>Who belongs to the cluster, as agreed on by its majority.</summary>
/// <param name="LeaderId">0 if there is none at present.</param>
public sealed record ClusterMembership(ulong ClusterId, ulong LeaderId, IReadOnlyList<Member> Members);

/// <summary>What a change of members led to.</summary>
/// <param name="Added">The ids of those added, in their order.</param>
/// <param name="LeaderId">As the member knows it that was asked; 0 if it knows none.</param>
/// <param name="Members">All members after the change.</param>
public sealed record Reconfiguration(IReadOnlyList<ulong> Added, ulong LeaderId, IReadOnlyList<Member> Members);

/// <summary>A member to add. It is started after that, with <c>--initial-cluster-state existing</c>.</summary>
/// <param name="PeerUrls">Where the other members will reach it.</param>
/// <param name="IsLearner">It never gets a vote by itself; others do as soon as they have caught up.</param>
/// <param name="Replaces">The voter that leaves when this member gets its vote; 0 for none.</param>
public sealed record NewMember(IReadOnlyList<string> PeerUrls, bool IsLearner = false, ulong Replaces = 0);

/// <summary>How one server does, by its own account.</summary>
public sealed record MemberStatus
{
    public required ulong MemberId { get; init; }

    public required ulong ClusterId { get; init; }

    public required string Version { get; init; }

    /// <summary>The member that leads; 0 if this one knows none.</summary>
    public required ulong LeaderId { get; init; }

    public required bool IsLearner { get; init; }

    /// <summary>The store's newest revision here.</summary>
    public required long Revision { get; init; }

    public required ulong Term { get; init; }

    public required ulong AppliedIndex { get; init; }

    public required long SizeBytes { get; init; }

    public required long SizeInUseBytes { get; init; }

    /// <summary>Where writes are refused; 0 if the server does not say.</summary>
    public required long QuotaBytes { get; init; }

    /// <summary>What is wrong, in the server's words.</summary>
    public required IReadOnlyList<string> Errors { get; init; }
}
