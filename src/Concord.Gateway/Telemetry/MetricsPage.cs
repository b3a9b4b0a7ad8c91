using Prometheus;

namespace Concord.Gateway.Telemetry;

/// <summary>The metrics of the gateway and of the framework below it, as Prometheus' text.</summary>
internal sealed class MetricsPage : IDisposable
{
    private static readonly string[] Meters = [GatewayTelemetry.MeterName, Client.ClientTelemetry.Name, "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http"];

    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly IDisposable _adapter;

    public MetricsPage() => _adapter = MeterAdapter.StartListening(new MeterAdapterOptions
    {
        InstrumentFilterPredicate = instrument => Meters.Contains(instrument.Meter.Name),
        Registry = _registry,
        MetricFactory = Metrics.WithCustomRegistry(_registry),
        // A series of a route that is gone goes after a day, long after its last value was read.
        MetricsExpireAfter = TimeSpan.FromDays(1),
    });

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await _registry.CollectAndExportAsTextAsync(context.Response.Body, ExpositionFormat.PrometheusText, context.RequestAborted).ConfigureAwait(false);
    }

    public void Dispose() => _adapter.Dispose();
}
