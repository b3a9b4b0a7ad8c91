using Concord.Client;

namespace Concord.Extensions;

/// <summary>
/// Which configuration a service reads and how it starts. What is not set comes from the environment variable
/// CONCORD_ENDPOINTS, the connection string "concord" and the section "Concord", in this order, then from the host.
/// </summary>
public sealed class ConcordConfigurationOptions
{
    /// <summary>Setting this environment variable to true or 1 switches the source off: it stays empty and connects to nothing.</summary>
    public const string DisabledVariable = "CONCORD_CONFIG_DISABLED";

    /// <summary>The servers' client addresses, as <see cref="ConcordEndpoints.Parse"/> reads them.</summary>
    public IList<string> Endpoints { get; } = [];

    /// <summary>Certificates, for endpoints that are https. What is not set comes from CONCORD_CACERT, CONCORD_CERT, CONCORD_KEY and
    /// CONCORD_INSECURE_SKIP_TLS_VERIFY, then from the section "Concord:Tls" with the keys of the same names as the properties.</summary>
    public ConcordTlsOptions? Tls { get; set; }

    /// <summary>Who reads, where the servers ask. Default: the environment variables CONCORD_USER and CONCORD_PASSWORD, then
    /// "User=…;Password=…" in the connection string, then Concord:User and Concord:Password.</summary>
    public ConcordCredentials? Credentials { get; set; }

    /// <summary>The application's name on the server. Default: the host's application name in lower case, with '-' for
    /// every other character that a server name may not hold; "Shop.Orders" becomes "shop-orders".</summary>
    public string? Application { get; set; }

    /// <summary>The environment's name on the server. Default: the host's environment in the same form, where Development is
    /// "dev", Production is "prod" and Staging is "staging".</summary>
    public string? Environment { get; set; }

    /// <summary>The named configurations to read, in order, later ones win; none is the one named "application".</summary>
    public IList<string> Names { get; } = [];

    /// <summary>What is special about this instance: zone, version, any label. Overlays on the server match them.</summary>
    public IDictionary<string, string> Labels { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Taken off the beginning of every key that has it, such as "Orders:"; upper and lower case are the same.</summary>
    public string? TrimKeyPrefix { get; set; }

    /// <summary>Put before every key, after trimming, so that everything appears under this section.</summary>
    public string? KeyPrefix { get; set; }

    /// <summary>Start empty when there is neither a server nor a last known good file, and follow when the server appears.
    /// Otherwise such a start fails.</summary>
    public bool Optional { get; set; }

    /// <summary>How long a start may wait for the server; default 10 s. With a last known good file or an optional source it waits no
    /// longer than one failed attempt at every endpoint. The default covers the election of a leader and
    /// a slow network.</summary>
    public TimeSpan? StartupBudget { get; set; }

    /// <summary>The last known good file.</summary>
    public ConcordCacheOptions Cache { get; } = new();

    /// <summary>Adjusts how the servers are reached: timeouts, certificates, logging.</summary>
    public Func<ConcordClientOptions, ConcordClientOptions>? ConfigureClient { get; set; }
}
