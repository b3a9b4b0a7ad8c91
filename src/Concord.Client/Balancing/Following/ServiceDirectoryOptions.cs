using Concord.Client.Cache;

namespace Concord.Client.Balancing.Following;

/// <summary>How services are followed for their callers.</summary>
public sealed record ServiceDirectoryOptions
{
    /// <summary>
    /// The options of a service's pools, by the service's name. What the target says (endpoint, schemes) and the client's clock and log are put in by the directory.
    /// </summary>
    public Func<string, EndpointPoolOptions> PoolOptions { get; init; } = _ => new();

    /// <summary>
    /// Makes the pools follow the rules that operators publish: traffic splits, failover orders, zones in maintenance. A pool whose options have a
    /// <see cref="EndpointPoolOptions.Routing"/> of its own goes by that instead. Null: nobody's rules.
    /// </summary>
    public ServiceRoutingOptions? Routing { get; init; }

    /// <summary>
    /// Where the last known instances and rules of each service are kept for a start without servers; null: nowhere. Must not be writable by other
    /// users: who can write there decides where calls go.
    /// </summary>
    public string? CacheDirectory { get; init; } = DefaultCacheDirectory;

    /// <summary>How long a first call waits to be told who is there and by which rules. As long as a client tries two servers.</summary>
    public TimeSpan FirstAnswer { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Beside the configurations', see <see cref="ConfigCacheFile.DefaultDirectory"/>.</summary>
    public static string DefaultCacheDirectory => Path.Combine(ConfigCacheFile.DefaultDirectory, "services");
}
