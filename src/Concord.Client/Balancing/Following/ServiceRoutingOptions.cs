namespace Concord.Client.Balancing.Following;

/// <summary>Whose routing rules are followed, and from where they are seen. The zone is the pool's (<see cref="EndpointPoolOptions.Zone"/>).</summary>
public sealed record ServiceRoutingOptions
{
    /// <summary>The environment of the configurations in the application <c>routing</c>.</summary>
    public string Environment { get; init; } = "prod";

    /// <summary>Where this caller runs, for failover orders; empty: not known.</summary>
    public string Region { get; init; } = "";

    /// <summary>What is special about this caller, for overlays of the rules.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
