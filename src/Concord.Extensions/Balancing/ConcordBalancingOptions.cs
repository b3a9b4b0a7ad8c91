using Concord.Client.Balancing;
using Concord.Client.Balancing.Following;
using Concord.Client.Configs;
using Concord.Extensions.Following;

namespace Concord.Extensions.Balancing;

/// <summary>How this process calls other services. Defaults: <see cref="EndpointPoolOptions"/>.</summary>
public sealed class ConcordBalancingOptions
{
    private readonly List<(string? Service, Func<EndpointPoolOptions, EndpointPoolOptions> Change)> _changes = [];

    /// <summary>Where this process is, as instances name their zone; it then calls there first. Default: the environment variable CONCORD_ZONE; empty: zones do not matter.</summary>
    public string Zone { get; set; } = System.Environment.GetEnvironmentVariable("CONCORD_ZONE") ?? "";

    /// <summary>Where this process is, for failover orders in the routing rules. Default: the environment variable CONCORD_REGION; empty: not known.</summary>
    public string Region { get; set; } = System.Environment.GetEnvironmentVariable("CONCORD_REGION") ?? "";

    /// <summary>
    /// Whether calls go by the rules that operators publish in the application <c>routing</c>: traffic splits, failover orders, zones in maintenance.
    /// Default: yes. Where the servers ask for rights, it takes the right to read them; a refusal is logged and calls go to everybody. A pool with a
    /// <see cref="EndpointPoolOptions.Routing"/> of its own (<see cref="For"/>, <see cref="ForAll"/>) goes by that.
    /// </summary>
    public bool FollowRouting { get; set; } = true;

    /// <summary>Whose rules. Default: the environment of <c>builder.AddConcord()</c>, else the setting Concord:Environment, else the host's in the same form.</summary>
    public string? Environment { get; set; }

    /// <summary>What is special about this process, for overlays of the rules. Default: the labels of <c>builder.AddConcord()</c>, else the settings Concord:Labels.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; set; }

    /// <summary>How long a first call waits to be told who is there.</summary>
    public TimeSpan FirstAnswer { get; set; } = new ServiceDirectoryOptions().FirstAnswer;

    /// <summary>Where the last known instances and rules are kept for a start without servers; null: nowhere. Must not be writable by other users.</summary>
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

    internal ServiceDirectoryOptions ToDirectoryOptions(ConfiguredPlace place) => new()
    {
        Routing = FollowRouting ? Rules(place) : null,
        CacheDirectory = CacheDirectory,
        FirstAnswer = FirstAnswer,
        PoolOptions = service => _changes
            .Where(one => one.Service is null || one.Service == service)
            .Aggregate(new EndpointPoolOptions { Zone = Zone }, (options, one) => one.Change(options)),
    };

    private ServiceRoutingOptions Rules(ConfiguredPlace place)
    {
        var environment = Environment ?? place.Environment;
        return ConfigurationView.IsName(environment)
            ? new() { Environment = environment, Region = Region, Labels = Labels ?? place.Labels }
            : throw new ArgumentException(
                $"{nameof(ConcordBalancingOptions)}.{nameof(Environment)} is '{environment}', which is no name on the server: use lower-case letters, digits, '.', '_' and '-', or set {nameof(FollowRouting)} to false.");
    }
}
