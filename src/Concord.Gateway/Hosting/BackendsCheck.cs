using Concord.Gateway.Backends;
using Concord.Gateway.Routes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Concord.Gateway.Hosting;

/// <summary>
/// Unhealthy until it is known for the first time where requests go, so that nobody sends any too early; a route that is added later delays only its own. Degraded when a service has no healthy instance: that is the service's trouble, and taking
/// the gateway away would take all others with it.
/// </summary>
internal sealed class BackendsCheck(BackendSet backends, RouteBook routes) : IHealthCheck
{
    private volatile bool _wasReady;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var all = backends.All;
        var data = new Dictionary<string, object> { ["routes"] = routes.Count };
        var waiting = all.Where(backend => !backend.Ready.IsCompleted).Select(backend => backend.Key.Service).Distinct().ToList();
        _wasReady |= waiting.Count == 0;
        var empty = all.Where(backend => backend.Pool.GetStatus().Healthy == 0).Select(backend => backend.Key.Service).Distinct().ToList();
        return Task.FromResult(
            waiting.Count > 0 ? new HealthCheckResult(_wasReady ? HealthStatus.Degraded : HealthStatus.Unhealthy, $"The instances are not known yet of: {string.Join(", ", waiting)}.", data: data)
            : empty.Count > 0 ? HealthCheckResult.Degraded($"No instance is healthy of: {string.Join(", ", empty)}.", data: data)
            : HealthCheckResult.Healthy(routes.Count == 0 ? "There are no routes yet." : null, data));
    }
}
