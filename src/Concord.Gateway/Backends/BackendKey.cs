using Concord.Routing.Gateway;

namespace Concord.Gateway.Backends;

/// <summary>What makes two routes share instances, their measured health and the budget of retries.</summary>
/// <param name="Endpoint">The name of the instances' endpoint; empty: the first that fits the protocol.</param>
/// <param name="RetryPercent">Of the budget.</param>
internal sealed record BackendKey(string Service, string Endpoint, GatewayProtocol Protocol, string Balancing, int RetryPercent)
{
    public static BackendKey Of(GatewayRoute route) => new(route.Service, route.Endpoint, route.Protocol, route.Balancing, route.Retries.BudgetPercent);

    /// <summary>As the proxy's cluster is called, and as metrics and logs show it.</summary>
    public string Id => string.Join('/', [Service, .. Endpoint.Length > 0 ? [Endpoint] : (string[])[], .. Protocol == GatewayProtocol.Grpc ? ["grpc"] : (string[])[], Balancing, $"{RetryPercent}"]);
}
