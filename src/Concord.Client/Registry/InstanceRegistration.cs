namespace Concord.Client.Registry;

/// <summary>What an instance says of itself.</summary>
public sealed record InstanceRegistration
{
    public required string Service { get; init; }

    /// <summary>Unique within the service. The same id again replaces the instance.</summary>
    public required string Id { get; init; }

    public IReadOnlyList<ServiceEndpoint> Endpoints { get; init; } = [];

    public string Zone { get; init; } = "";

    public string Region { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>Its share among the instances, 0 to 10000; 0 takes no calls. Null is 100.</summary>
    public int? Weight { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Null is passing; for a persistent instance that is checked, starting.</summary>
    public InstanceState? State { get; init; }

    /// <summary>Why it is in its state, for people.</summary>
    public string Reason { get; init; } = "";
}
