using Concord.Client.Balancing;
using Concord.Client.Balancing.Following;

namespace Concord.Extensions.Balancing;

/// <summary>How this process calls other services. Defaults: <see cref="EndpointPoolOptions"/>.</summary>
public sealed class ConcordBalancingOptions
{
    private readonly List<(string? Service, Func<EndpointPoolOptions, EndpointPoolOptions> Change)> _changes = [];

    /// <summary>Where this process is, as instances name their zone; it then calls there first. Default: the environment variable CONCORD_ZONE; empty: zones do not matter.</summary>
    public string Zone { get; set; } = Environment.GetEnvironmentVariable("CONCORD_ZONE") ?? "";

    /// <summary>How long a first call waits to be told who is there.</summary>
    public TimeSpan FirstAnswer { get; set; } = new ServiceDirectoryOptions().FirstAnswer;

    /// <summary>Where the last known instances are kept for a start without servers; null: nowhere. Must not be writable by other users.</summary>
    public string? CacheDirectory { get; set; } = ServiceDirectoryOptions.DefaultCacheDirectory;

    /// <summary>For calls to all services; what comes later goes over what came before.</summary>
    public void ForAll(Func<EndpointPoolOptions, EndpointPoolOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _changes.Add((null, change));
    }

    /// <summary>For calls to one service.</summary>
    public void For(string service, Func<EndpointPoolOptions, EndpointPoolOptions> change)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentNullException.ThrowIfNull(change);
        _changes.Add((service, change));
    }

    internal ServiceDirectoryOptions ToDirectoryOptions() => new()
    {
        CacheDirectory = CacheDirectory,
        FirstAnswer = FirstAnswer,
        PoolOptions = service => _changes
            .Where(one => one.Service is null || one.Service == service)
            .Aggregate(new EndpointPoolOptions { Zone = Zone }, (options, one) => one.Change(options)),
    };
}
