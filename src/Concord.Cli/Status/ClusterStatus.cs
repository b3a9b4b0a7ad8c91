using System.Globalization;
using Concord.Client.Cluster;

namespace Concord.Cli.Status;

/// <summary>The JSON form of <c>concord status</c>.</summary>
internal sealed record ClusterStatus
{
    /// <summary>Every endpoint answered, knows a leader and reports nothing wrong.</summary>
    public required bool Healthy { get; init; }

    public required IReadOnlyList<EndpointJson> Endpoints { get; init; }

    public static ClusterStatus Of(IReadOnlyList<EndpointStatus> asked)
    {
        // Any member knows the names of all.
        var names = asked.SelectMany(one => one.Members).DistinctBy(member => member.Id).ToDictionary(member => member.Id, member => member.Name);
        EndpointJson[] endpoints = [.. asked.Select(one => EndpointJson.Of(one, names))];
        return new() { Healthy = endpoints.All(one => one.State == "healthy"), Endpoints = endpoints };
    }
}

/// <summary>All but the endpoint, the state and the problem is left out when the endpoint did not answer.</summary>
internal sealed record EndpointJson
{
    public required string Endpoint { get; init; }

    /// <summary>healthy, unhealthy (it answered, but has no leader or reports errors) or unreachable.</summary>
    public required string State { get; init; }

    public string? Version { get; init; }

    public string? ClusterId { get; init; }

    public string? MemberId { get; init; }

    public string? Member { get; init; }

    public bool? IsLeader { get; init; }

    public bool? IsLearner { get; init; }

    public string? LeaderId { get; init; }

    public string? Leader { get; init; }

    public long? Revision { get; init; }

    public ulong? Term { get; init; }

    public ulong? AppliedIndex { get; init; }

    public long? SizeBytes { get; init; }

    public long? SizeInUseBytes { get; init; }

    public long? QuotaBytes { get; init; }

    public double? TookMilliseconds { get; init; }

    public IReadOnlyList<string>? Problems { get; init; }

    public static EndpointJson Of(EndpointStatus asked, IReadOnlyDictionary<ulong, string> names)
    {
        var endpoint = asked.Endpoint.GetLeftPart(UriPartial.Authority);
        if (asked.Status is not { } status)
            return new() { Endpoint = endpoint, State = "unreachable", Problems = [asked.Problem!] };

        return new()
        {
            Endpoint = endpoint,
            State = status is { LeaderId: not 0, Errors.Count: 0 } ? "healthy" : "unhealthy",
            Version = status.Version,
            ClusterId = Hex(status.ClusterId),
            MemberId = Hex(status.MemberId),
            Member = NameOf(status.MemberId, names),
            IsLeader = status.LeaderId == status.MemberId,
            IsLearner = status.IsLearner,
            LeaderId = status.LeaderId == 0 ? null : Hex(status.LeaderId),
            Leader = status.LeaderId == 0 ? null : NameOf(status.LeaderId, names),
            Revision = status.Revision,
            Term = status.Term,
            AppliedIndex = status.AppliedIndex,
            SizeBytes = status.SizeBytes,
            SizeInUseBytes = status.SizeInUseBytes,
            QuotaBytes = status.QuotaBytes == 0 ? null : status.QuotaBytes,
            TookMilliseconds = Math.Round(asked.Took.TotalMilliseconds, 1),
            Problems = ProblemsOf(status),
        };
    }

    private static string[]? ProblemsOf(MemberStatus status)
    {
        string[] problems = [.. status.Errors];
        if (problems.Length == 0 && status.LeaderId == 0)
            problems = ["it knows no leader"];
        return problems.Length == 0 ? null : problems;
    }

    private static string NameOf(ulong member, IReadOnlyDictionary<ulong, string> names) =>
        names.GetValueOrDefault(member) is { Length: > 0 } name ? name : Hex(member);

    private static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);
}
