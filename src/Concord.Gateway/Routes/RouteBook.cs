using System.Collections.Frozen;
using System.Threading.RateLimiting;
using Concord.Gateway.Backends;
using Concord.Routing.Gateway;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;

namespace Concord.Gateway.Routes;

/// <summary>
/// The routes in use, for the proxy and for the requests. A new document replaces them in one step; the instances behind them change without the proxy
/// being told anything, because each request asks its backend.
/// </summary>
internal sealed class RouteBook : IProxyConfigProvider, IConfigChangeListener, IDisposable
{
    private readonly BackendSet _backends;
    private readonly ILogger<RouteBook> _log;
    private readonly IDisposable? _registration;
    private readonly Lock _gate = new();
    private volatile Page _page;

    public RouteBook(IOptionsMonitor<RouteDocument> options, BackendSet backends, ILogger<RouteBook> log)
    {
        _backends = backends;
        _log = log;
        _page = Write(GatewayRoutes.None, null);
        // The handler first: a change between the two is put to use twice rather than never.
        _registration = options.OnChange(changed => Apply(changed.Routes));
        Apply(options.CurrentValue.Routes);
    }

    public int Count => _page.Entries.Count;

    public IProxyConfig GetConfig() => _page;

    /// <summary>Null if a newer document has no such route any more.</summary>
    public RouteEntry? Find(string route) => _page.Entries.GetValueOrDefault(route);

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception) => GatewayLog.RoutesNotApplied(_log, exception);

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception) => GatewayLog.RoutesNotApplied(_log, exception);

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs) => GatewayLog.RoutesApplied(_log, Count);

    public void Dispose()
    {
        _registration?.Dispose();
        _page.Dispose();
    }

    private void Apply(GatewayRoutes routes)
    {
        lock (_gate)
        {
            var before = _page;
            _page = Write(routes, before);
            before.Expire();
            _ = _backends.KeepAsync(_page.Entries.Values.Select(entry => entry.Backend.Key).ToHashSet())
                .ContinueWith(failed => GatewayLog.RoutesNotApplied(_log, failed.Exception!), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private Page Write(GatewayRoutes routes, Page? before)
    {
        var entries = routes.Routes.Select(route => new RouteEntry(route, _backends.Get(BackendKey.Of(route)), LimiterOf(route, before)))
            .ToFrozenDictionary(entry => entry.Route.Name, StringComparer.OrdinalIgnoreCase);
        return new(
            entries,
            [.. entries.Values.Select(entry => RouteTranslation.RouteOf(entry.Route))],
            [.. entries.Values.Select(entry => entry.Backend.Key).Distinct().Select(RouteTranslation.ClusterOf)]);
    }

    /// <summary>An unchanged limit goes on counting where it was.</summary>
    private static RateLimiter? LimiterOf(GatewayRoute route, Page? before)
    {
        if (route.RateLimit is not { } limit)
            return null;
        if (before?.Entries.GetValueOrDefault(route.Name) is { Limiter: { } limiter } known && known.Route.RateLimit == limit)
            return limiter;
        return new SlidingWindowRateLimiter(new() { PermitLimit = limit.Requests, Window = limit.Per, SegmentsPerWindow = 10, QueueLimit = 0 });
    }

    private sealed class Page(FrozenDictionary<string, RouteEntry> entries, IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters) : IProxyConfig, IDisposable
    {
        private readonly CancellationTokenSource _expired = new();

        public FrozenDictionary<string, RouteEntry> Entries { get; } = entries;

        public IReadOnlyList<RouteConfig> Routes { get; } = routes;

        public IReadOnlyList<ClusterConfig> Clusters { get; } = clusters;

        public IChangeToken ChangeToken => new CancellationChangeToken(_expired.Token);

        /// <summary>Not disposed of: the proxy may still look at the token, and without a timer there is nothing to free.</summary>
        public void Expire() => _expired.Cancel();

        public void Dispose() => _expired.Dispose();
    }
}
