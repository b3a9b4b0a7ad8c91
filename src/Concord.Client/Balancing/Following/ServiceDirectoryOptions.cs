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
    /// Where the last known instances of each service are kept for a start without servers; null: nowhere. Must not be writable by other
    /// users: who can write there decides where calls go.
    /// </summary>
    public string? CacheDirectory { get; init; } = DefaultCacheDirectory;

    /// <summary>How long a first call waits to be told who is there. As long as a client tries two servers.</summary>
    public TimeSpan FirstAnswer { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Beside the configurations', see <see cref="ConfigCacheFile.DefaultDirectory"/>.</summary>
    public static string DefaultCacheDirectory => Path.Combine(ConfigCacheFile.DefaultDirectory, "services");
}
