using Concord.Client;
using Concord.Client.Routing;
using Concord.Gateway.Hosting;

namespace Concord.Gateway.Backends;

/// <summary>All backends of the routes in use. What two versions of the routes have in common is kept with everything that was learned about it.</summary>
internal sealed class BackendSet(ConcordClient client, GatewaySettings settings, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BackendKey, Backend> _backends = [];
    private readonly Dictionary<string, ServiceFeed> _feeds = [];
    private readonly ILogger _log = loggers.CreateLogger("Concord.Gateway.Backends");
    private bool _isDisposed;

    public IReadOnlyList<Backend> All
    {
        get
        {
            lock (_gate)
                return [.. _backends.Values];
        }
    }

    /// <summary>The backend, made if it is not there.</summary>
    public Backend Get(BackendKey key)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_backends.TryGetValue(key, out var backend))
                return backend;
            if (!_feeds.TryGetValue(key.Service, out var feed))
                _feeds[key.Service] = feed = new ServiceFeed(client, key.Service, settings.Environment, settings.Labels, _log);
            return _backends[key] = new Backend(key, feed, new CallerPlace(settings.Zone, settings.Region), time, loggers);
        }
    }

    /// <summary>Lets go of all others. Requests that are under way with them end as they would have.</summary>
    public async Task KeepAsync(IReadOnlySet<BackendKey> used)
    {
        List<ServiceFeed> ended = [];
        lock (_gate)
        {
            foreach (var (key, backend) in _backends.Where(one => !used.Contains(one.Key)).ToList())
            {
                _backends.Remove(key);
                backend.Dispose();
            }

            foreach (var (service, feed) in _feeds.Where(one => one.Value.Users == 0).ToList())
            {
                _feeds.Remove(service);
                ended.Add(feed);
            }
        }

        foreach (var feed in ended)
            await feed.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _isDisposed = true;
        await KeepAsync(new HashSet<BackendKey>()).ConfigureAwait(false);
    }
}
