using Concord.Cli.Status;
using Concord.Client.Cluster;

namespace Concord.Cli.Cluster;

/// <summary>The JSON form of <c>concord cluster status</c>.</summary>
internal sealed record ClusterHealth
{
    /// <summary>Every member runs, knows a leader and reports nothing wrong.</summary>
    public required bool Healthy { get; init; }

    public required int Voters { get; init; }

    public required int HealthyVoters { get; init; }

    /// <summary>Voters that are needed to write.</summary>
    public required int Majority { get; init; }

    /// <summary>Healthy voters that can be lost with writes going on; negative if they do not go on now.</summary>
    public required int MoreMayFail { get; init; }

    public required IReadOnlyList<MemberHealth> Members { get; init; }

    public static ClusterHealth Of(IReadOnlyList<(Member Member, EndpointStatus? Status)> asked)
    {
        var newest = asked.Max(one => one.Status?.Status?.AppliedIndex ?? 0);
        MemberHealth[] members = [.. asked.Select(one => MemberHealth.Of(one.Member, one.Status, newest))];
        var voters = members.Count(member => member.Role == "voter");
        var healthy = members.Count(member => member is { Role: "voter", State: "healthy" });
        var majority = (voters / 2) + 1;
        return new()
        {
            Healthy = members.All(member => member.State == "healthy"),
            Voters = voters,
            HealthyVoters = healthy,
            Majority = majority,
            MoreMayFail = healthy - majority,
            Members = members,
        };
    }
}

/// <summary>What is not known of a member that does not answer is left out.</summary>
internal sealed record MemberHealth
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    /// <summary>voter, learner or joining.</summary>
    public required string Role { get; init; }

    /// <summary>healthy, unhealthy (it answers, but has no leader or reports errors), unreachable or new (never started).</summary>
    public required string State { get; init; }

    public required bool IsLeader { get; init; }

    public required IReadOnlyList<string> PeerUrls { get; init; }

    public required IReadOnlyList<string> ClientUrls { get; init; }

    public long? Revision { get; init; }

    /// <summary>Log entries that it has applied less than the member that has applied most.</summary>
    public ulong? EntriesBehind { get; init; }

    public ulong? Term { get; init; }

    public long? SizeBytes { get; init; }

    public IReadOnlyList<string>? Problems { get; init; }

    public static MemberHealth Of(Member member, EndpointStatus? asked, ulong newest)
    {
        var status = asked?.Status;
        var isOther = status is not null && status.MemberId != member.Id;
        var shown = MemberJson.Of(member, isOther || status?.LeaderId != member.Id ? 0 : member.Id);
        return new()
        {
            Id = shown.Id,
            Name = shown.Name,
            Role = shown.Role,
            IsLeader = shown.IsLeader,
            State = asked is null ? "new"
                : status is null ? "unreachable"
                : status is { LeaderId: not 0, Errors.Count: 0 } && !isOther ? "healthy" : "unhealthy",
            PeerUrls = member.PeerUrls,
            ClientUrls = member.ClientUrls,
            Revision = status?.Revision,
            EntriesBehind = newest - status?.AppliedIndex,
            Term = status?.Term,
            SizeBytes = status?.SizeBytes,
            Problems = asked is null ? null
                : status is null ? [asked.Problem!]
                : isOther ? [$"another member answers at {asked.Endpoint.GetLeftPart(UriPartial.Authority)}: {MemberArguments.Hex(status.MemberId)}"]
                : status.Errors.Count > 0 ? status.Errors
                : status.LeaderId == 0 ? ["it knows no leader"]
                : null,
        };
    }
}
