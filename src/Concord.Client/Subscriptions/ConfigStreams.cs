using Concord.Client.Configs;

namespace Concord.Client.Subscriptions;

/// <summary>As few streams as the client's subscriptions need: one, unless it follows the routing of a great many services.</summary>
internal sealed class ConfigStreams(Func<ConfigStream> create) : IAsyncDisposable
{
    /// <summary>The servers' own limit (ConfigLimits.SubscriptionsPerStream): they refuse the next one on the same stream.</summary>
    public const int SubscriptionsPerStream = 64;

    private readonly Lock _gate = new();
    private readonly List<ConfigStream> _streams = [];

    public ConfigSubscription Add(ConfigurationView view, ConfigSubscriptionOptions options)
    {
        lock (_gate)
        {
            if (_streams.Find(static one => one.Count < SubscriptionsPerStream) is not { } stream)
                _streams.Add(stream = create());
            return stream.Add(view, options);
        }
    }

    public async ValueTask DisposeAsync()
    {
        ConfigStream[] streams;
        lock (_gate)
            streams = [.. _streams];
        foreach (var stream in streams)
            await stream.DisposeAsync().ConfigureAwait(false);
    }
}
