using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Prometheus;

namespace Concord.Server.Telemetry;

/// <summary>
/// One instrument as Prometheus knows it. The labels are those of the first value; every value of an instrument has the same.
/// </summary>
internal abstract class PrometheusFamily
{
    public static PrometheusFamily Of(MetricFactory factory, Instrument instrument)
    {
        var (name, help) = (instrument.Name, instrument.Description ?? "");
        return instrument switch
        {
            Histogram<double> histogram => new Times(names => factory.CreateHistogram(
                name, help, names, new() { Buckets = [.. histogram.Advice?.HistogramBucketBoundaries ?? Prometheus.Histogram.ExponentialBuckets(0.001, 2, 14)] })),
            ObservableCounter<long> or ObservableCounter<double> => new Numbers<Counter.Child>(
                names => factory.CreateCounter(name, help, names), static (series, value) => series.IncTo(value)),
            ObservableGauge<long> or ObservableGauge<double> => new Numbers<Gauge.Child>(
                names => factory.CreateGauge(name, help, names), static (series, value) => series.Set(value)),
            _ => throw new NotSupportedException($"The instrument {name} is a {instrument.GetType().Name}, which nothing here writes."),
        };
    }

    public abstract void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    /// <summary>All observable values of one reading were taken: what did not come is gone.</summary>
    public abstract void Sweep();

    private static (string[] Names, string[] Values) Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (names, values) = (new string[tags.Length], new string[tags.Length]);
        for (var i = 0; i < tags.Length; i++)
        {
            (names[i], values[i]) = (tags[i].Key, tags[i].Value?.ToString() ?? "");
        }

        return (names, values);
    }

    /// <summary>An observable number. Of one reading at a time.</summary>
    private sealed class Numbers<TSeries>(Func<string[], Collector<TSeries>> create, Action<TSeries, double> set) : PrometheusFamily
        where TSeries : ChildBase
    {
        private readonly HashSet<string> _seen = [];
        private Collector<TSeries>? _collector;

        public override void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var (names, values) = Labels(tags);
            _collector ??= create(names);
            set(_collector.WithLabels(values), value);
            if (values.Length > 0)
            {
                _seen.Add(Key(values));
            }
        }

        public override void Sweep()
        {
            if (_collector is null)
            {
                return;
            }

            foreach (var values in _collector.GetAllLabelValues().Where(values => values.Length > 0 && !_seen.Contains(Key(values))).ToArray())
            {
                _collector.RemoveLabelled(values);
            }

            _seen.Clear();
        }

        private static string Key(string[] values) => string.Join('\0', values);
    }

    /// <summary>A histogram: values come from any thread at any time. One without labels or with one makes no garbage.</summary>
    private sealed class Times(Func<string[], Prometheus.Histogram> create) : PrometheusFamily
    {
        private readonly ConcurrentDictionary<object, Prometheus.Histogram.Child> _byLabel = new();
        private readonly Lock _lock = new();
        private volatile Prometheus.Histogram? _collector;

        public override void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var collector = _collector ?? Create(tags);
            switch (tags.Length)
            {
                case 0:
                    collector.Observe(value);
                    break;
                case 1 when tags[0].Value is { } label:
                    if (!_byLabel.TryGetValue(label, out var series))
                    {
                        series = _byLabel.GetOrAdd(label, static (label, collector) => collector.WithLabels(label.ToString()!), collector);
                    }

                    series.Observe(value);
                    break;
                default:
                    collector.WithLabels(Labels(tags).Values).Observe(value);
                    break;
            }
        }

        public override void Sweep()
        {
        }

        private Prometheus.Histogram Create(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (_lock)
            {
                return _collector ??= create(Labels(tags).Names);
            }
        }
    }
}
