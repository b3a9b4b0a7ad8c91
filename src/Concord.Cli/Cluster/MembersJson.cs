using Concord.Client.Cluster;

namespace Concord.Cli.Cluster;

/// <summary>A member for scripts.</summary>
internal sealed record MemberJson
{
    public required string Id { get; init; }

    /// <summary>Left out until the member has started for the first time.</summary>
    public string? Name { get; init; }

    /// <summary>voter, learner, or joining: a learner that gets its vote by itself.</summary>
    public required string Role { get; init; }

    public required bool IsLeader { get; init; }

    public string? Replaces { get; init; }

    public required IReadOnlyList<string> PeerUrls { get; init; }

    public required IReadOnlyList<string> ClientUrls { get; init; }

    public static MemberJson Of(Member member, ulong leader) => new()
    {
        Id = MemberArguments.Hex(member.Id),
        Name = member.Name.Length > 0 ? member.Name : null,
        Role = !member.IsLearner ? "voter" : member.BecomesVoter ? "joining" : "learner",
        IsLeader = member.Id == leader,
        Replaces = member.Replaces == 0 ? null : MemberArguments.Hex(member.Replaces),
        PeerUrls = member.PeerUrls,
        ClientUrls = member.ClientUrls,
    };
}

internal sealed record MemberList(string ClusterId, IReadOnlyList<MemberJson> Members);

/// <summary>A change of members that was made.</summary>
internal sealed record MembersChanged
{
    public IReadOnlyList<MemberAdded>? Added { get; init; }

    /// <summary>Ids of those that left at once.</summary>
    public IReadOnlyList<string>? Removed { get; init; }

    public string? Promoted { get; init; }

    public required IReadOnlyList<MemberJson> Members { get; init; }
}

/// <param name="Start">The command line that starts it.</param>
internal sealed record MemberAdded(string Id, string Name, IReadOnlyList<string> PeerUrls, string? Replaces, string Start);

internal sealed record LeaderMoved(string? From, string Leader);
