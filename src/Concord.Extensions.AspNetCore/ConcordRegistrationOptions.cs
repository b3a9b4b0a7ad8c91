using Concord.Client.Registry;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Concord.Extensions.AspNetCore;

/// <summary>
/// How a web application is found in the registry. What is not set comes from the section "Concord:Registration" with the keys of the same names
/// (as environment variables: <c>Concord__Registration__Zone</c>), then from the host.
/// </summary>
public sealed class ConcordRegistrationOptions
{
    /// <summary>False starts the application without registering it. Default: true.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Default: the host's application name in lower case, with '-' for what a name may not hold; "Shop.Orders" becomes "shop-orders".</summary>
    public string? Service { get; set; }

    /// <summary>Unique within the service. Default: the machine's name and the first port, so that a process which takes the place of another
    /// takes its entry as well.</summary>
    public string? Id { get; set; }

    public string? Zone { get; set; }

    public string? Region { get; set; }

    /// <summary>Default: the informational version of the entry assembly, up to a '+'.</summary>
    public string? Version { get; set; }

    /// <summary>Its share among the instances, 0 to 10000. Default: 100.</summary>
    public int? Weight { get; set; }

    public IList<string> Tags { get; } = [];

    public IDictionary<string, string> Metadata { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The host name or address under which others reach the ports that the server listens on. Default: what the server is bound to; where that is every
    /// address of the machine, the one from which the machine reaches the registry.
    /// </summary>
    public string? AdvertisedHost { get; set; }

    /// <summary>What is registered instead of the addresses that the server is bound to, as behind a port mapping.</summary>
    public IList<ServiceEndpoint> Endpoints { get; } = [];

    /// <summary>The last word on what is registered: is given the addresses in the order in which they are bound, the first is the default.</summary>
    public Func<IReadOnlyList<ServiceEndpoint>, IReadOnlyList<ServiceEndpoint>>? MapEndpoints { get; set; }

    /// <summary>How long the instance outlives a broken connection, 2 s to 1 h. Default: 10 s.</summary>
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>
    /// Between "draining" and the end of the server when the host stops: callers hear of it and send no more. Default: 5 s, enough for gateways and clients that follow; one
    /// that asks from time to time needs its period. Below the host's shutdown time-out.
    /// </summary>
    public TimeSpan? DrainTime { get; set; }

    /// <summary>Between two looks at the health checks. Default: 5 s.</summary>
    public TimeSpan? HealthPeriod { get; set; }

    /// <summary>Which of the host's health checks count, such as those with the tag "ready". Default: all.</summary>
    public Func<HealthCheckRegistration, bool>? HealthPredicate { get; set; }
}
