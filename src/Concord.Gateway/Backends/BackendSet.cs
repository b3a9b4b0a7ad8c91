using Concord.Client;
using Concord.Client.Balancing.Following;
using Concord.Client.Routing;
using Concord.Gateway.Hosting;

namespace Concord.Gateway.Backends;

/// <summary>All backends of the routes in use. What two versions of the routes have in common is kept with everything that was learned about it.</summary>
internal sealed class BackendSet(ConcordClient client, ServiceDirectory services, GatewaySettings settings, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BackendKey, Backend> _backends = [];
    private readonly Dictionary<string, RouteRulesFollower> _rules = [];
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
            if (!_rules.TryGetValue(key.Service, out var rules))
                _rules[key.Service] = rules = client.FollowRouting(key.Service, settings.Environment, settings.Labels, settings.ServicesDirectory);
            return _backends[key] = new Backend(key, services, rules, new CallerPlace(settings.Zone, settings.Region), time, loggers);
        }
    }

    /// <summary>Lets go of all others. Requests that are under way with them end as they would have.</summary>
    public async Task KeepAsync(IReadOnlySet<BackendKey> used)
    {
        // The backends before the rules that they go by.
        List<IAsyncDisposable> ended = [];
        lock (_gate)
        {
            foreach (var (key, backend) in _backends.Where(one => !used.Contains(one.Key)).ToList())
            {
                _backends.Remove(key);
                ended.Add(backend);
            }

            var needed = _backends.Keys.Select(key => key.Service).ToHashSet();
            foreach (var (service, rules) in _rules.Where(one => !needed.Contains(one.Key)).ToList())
            {
                _rules.Remove(service);
                ended.Add(rules);
            }
        }

        foreach (var one in ended)
            await one.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _isDisposed = true;
        await KeepAsync(new HashSet<BackendKey>()).ConfigureAwait(false);
    }
}
