using System.Diagnostics.Metrics;
using Concord.Client.Balancing;
using Concord.Client.Registry;
using Concord.Gateway.Backends;
using Concord.Gateway.Routes;

namespace Concord.Gateway.Telemetry;

/// <summary>What the gateway counts. docs/gateway.md explains each instrument.</summary>
internal sealed class GatewayTelemetry : IDisposable
{
    public const string MeterName = "Concord.Gateway";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _requests;
    private readonly Counter<long> _retries;
    private readonly Histogram<double> _duration;

    public GatewayTelemetry(BackendSet backends)
    {
        _requests = _meter.CreateCounter<long>("concord.gateway.requests", "{request}", "Requests by route and status class; 'none' where the sender gave up.");
        _retries = _meter.CreateCounter<long>("concord.gateway.retries", "{attempt}", "Further attempts by route and reason.");
        _duration = _meter.CreateHistogram<double>("concord.gateway.request.duration", "s", "From the request to the end of its answer, with all attempts.");
        _meter.CreateObservableGauge("concord.gateway.instances", () => Instances(backends), "{instance}", "Instances of a backend that may be called, by what is known of them.");
    }

    public void Ended(RouteEntry entry, HttpContext context, TimeSpan time)
    {
        var route = new KeyValuePair<string, object?>("route", entry.Route.Name);
        var status = context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted ? "none" : $"{context.Response.StatusCode / 100}xx";
        _requests.Add(1, route, new("service", entry.Route.Service), new("status", status));
        _duration.Record(time.TotalSeconds, route);
    }

    public void Retried(RouteEntry entry, string reason) => _retries.Add(1, new("route", entry.Route.Name), new("reason", reason));

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Instances(BackendSet backends)
    {
        foreach (var backend in backends.All)
        {
            foreach (var group in backend.Pool.GetStatus().Endpoints.GroupBy(WordOf))
                yield return new(group.Count(), new("backend", backend.Key.Id), new("state", group.Key));
        }
    }

    private static string WordOf(EndpointStatus endpoint) => endpoint.IsEjected ? "ejected" : endpoint.State == InstanceState.Critical ? "critical" : "healthy";
}
