using System.Diagnostics.Metrics;
using Concord.Client;
using Prometheus;

namespace Concord.Gateway.Telemetry;

/// <summary>
/// The metrics of the gateway and of what is below it as Prometheus' text, named as OpenTelemetry names them there: '_' for '.', the unit, and _total for counters.
/// Counts from its creation on, so it is created with the gateway.
/// </summary>
internal sealed class MetricsPage : IDisposable
{
    // Without the HTTP client's: its series carry the addresses of instances, which come and go without end.
    private static readonly string[] Meters = [GatewayTelemetry.MeterName, ClientTelemetry.Name, "Microsoft.AspNetCore.Server.Kestrel"];

    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MetricFactory _factory;
    private readonly MeterListener _listener = new();
    private readonly HashSet<Prometheus.Gauge> _observed = [];
    private readonly SemaphoreSlim _reading = new(1);

    public MetricsPage()
    {
        _factory = Metrics.WithCustomRegistry(_registry);
        _factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (Meters.Contains(instrument.Meter.Name))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await _reading.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            // What is not observed any more is gone.
            foreach (var gauge in _observed)
            {
                foreach (var labels in gauge.GetAllLabelValues().ToList())
                    gauge.RemoveLabelled(labels);
            }

            _listener.RecordObservableInstruments();
            await _registry.CollectAndExportAsTextAsync(context.Response.Body, ExpositionFormat.PrometheusText, context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _reading.Dispose();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (names, values) = (new string[tags.Length], new string[tags.Length]);
        for (var i = 0; i < tags.Length; i++)
            (names[i], values[i]) = (tags[i].Key.Replace('.', '_'), tags[i].Value?.ToString() ?? "");
        var name = instrument.Name.Replace('.', '_') + instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var help = instrument.Description ?? "";
        // The registry gives back what is there already.
        switch (KindOf(instrument))
        {
            case Kind.Sum:
                _factory.CreateCounter(name + "_total", help, names).WithLabels(values).Inc(value);
                break;
            case Kind.ObservedSum:
                _factory.CreateCounter(name + "_total", help, names).WithLabels(values).IncTo(value);
                break;
            case Kind.Change:
                _factory.CreateGauge(name, help, names).WithLabels(values).Inc(value);
                break;
            case Kind.ObservedValue:
                var gauge = _factory.CreateGauge(name, help, names);
                _observed.Add(gauge);
                gauge.WithLabels(values).Set(value);
                break;
            case Kind.Distribution:
                _factory.CreateHistogram(name, help, names, new() { Buckets = Prometheus.Histogram.ExponentialBuckets(0.001, 2, 16) }).WithLabels(values).Observe(value);
                break;
        }
    }

    private static Kind KindOf(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        return type == typeof(Counter<>) ? Kind.Sum
            : type == typeof(ObservableCounter<>) ? Kind.ObservedSum
            : type == typeof(UpDownCounter<>) ? Kind.Change
            : type == typeof(Histogram<>) ? Kind.Distribution
            : instrument.IsObservable ? Kind.ObservedValue
            : Kind.Unknown;
    }

    private enum Kind
    {
        /// <summary>Of a later framework; not written.</summary>
        Unknown,
        Sum,
        ObservedSum,
        Change,
        ObservedValue,
        Distribution,
    }
}
