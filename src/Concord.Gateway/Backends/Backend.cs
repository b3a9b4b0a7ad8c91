using System.Runtime.CompilerServices;
using Concord.Client.Balancing;
using Concord.Client.Balancing.Following;
using Concord.Client.Routing;
using Concord.Routing;
using Concord.Routing.Gateway;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Concord.Gateway.Backends;

/// <summary>
/// The instances of a service as some routes use them. Requests that began with it end with it, also when no route uses it any more.
/// </summary>
internal sealed class Backend : IAsyncDisposable
{
    private static readonly string[] HttpSchemes = ["http", "https"];
    private static readonly string[] GrpcSchemes = ["grpc", "grpcs", "h2c", "https", "http"];

    // The proxy's own object for an endpoint counts its requests, so there is one for as long as the endpoint lives.
    private readonly ConditionalWeakTable<PoolEndpoint, DestinationState> _destinations = [];
    private readonly RuleRouting _routing;
    private readonly IAsyncDisposable _feeding;

    public Backend(BackendKey key, ServiceDirectory services, RouteRulesFollower rules, CallerPlace place, TimeProvider time, ILoggerFactory loggers)
    {
        Key = key;
        _routing = new RuleRouting(rules, place);
        Pool = new EndpointPool(key.Service, new()
        {
            Policy = BalancingPolicies.Parse(key.Balancing),
            Zone = place.Zone,
            EndpointName = key.Endpoint.Length > 0 ? key.Endpoint : null,
            Schemes = key.Protocol == GatewayProtocol.Grpc ? GrpcSchemes : HttpSchemes,
            RetryBudget = new() { Ratio = key.RetryPercent / 100.0 },
            Routing = _routing,
            TimeProvider = time,
            LoggerFactory = loggers,
        });
        _feeding = services.Feed(Pool);
        Ready = Task.WhenAll(Pool.Filled, rules.Ready);
    }

    public BackendKey Key { get; }

    public EndpointPool Pool { get; }

    /// <summary>What decides on a request's share of a traffic split.</summary>
    public SplitKey SplitBy => _routing.SplitBy;

    /// <summary>Completes when it is known which instances there are and how calls are shared out, be it from an earlier run.</summary>
    public Task Ready { get; }

    public DestinationState DestinationOf(PoolEndpoint endpoint) => _destinations.GetValue(endpoint, static endpoint => new DestinationState(
        endpoint.Instance.Id,
        new DestinationModel(new DestinationConfig { Address = AddressOf(endpoint.Uri) })));

    public async ValueTask DisposeAsync()
    {
        await _feeding.DisposeAsync().ConfigureAwait(false);
        Pool.Dispose();
        _routing.Dispose();
    }

    private static string AddressOf(Uri endpoint) =>
        $"{(endpoint.Scheme is "https" or "grpcs" ? "https" : "http")}://{endpoint.Authority}";
}
