using System.Diagnostics.Metrics;
using Prometheus;

namespace Concord.Server.Telemetry;

/// <summary>
/// The instruments of one meter in Prometheus' text format, under exactly the names they have. Observable instruments are read
/// when somebody asks; histograms are kept from the first value on.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MeterListener _listener = new();
    private readonly List<PrometheusFamily> _families = [];
    private readonly SemaphoreSlim _asking = new(1);

    public PrometheusText(Meter meter)
    {
        var factory = Metrics.WithCustomRegistry(_registry);
        factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter))
            {
                return;
            }

            var family = PrometheusFamily.Of(factory, instrument);
            lock (_families)
            {
                _families.Add(family);
            }

            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((PrometheusFamily)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((PrometheusFamily)family!).Take(value, tags));
        _listener.Start();
    }

    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Some ten to a hundred kilobytes.</summary>
    public async Task<MemoryStream> ReadAsync(CancellationToken cancellation)
    {
        var text = new MemoryStream();
        await _asking.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _listener.RecordObservableInstruments();
            lock (_families)
            {
                _families.ForEach(static family => family.Sweep());
            }

            await _registry.CollectAndExportAsTextAsync(text, ExpositionFormat.PrometheusText, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _asking.Release();
        }

        text.Position = 0;
        return text;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _asking.Dispose();
    }
}
