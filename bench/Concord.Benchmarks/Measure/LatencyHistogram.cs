using HdrHistogram;

namespace Concord.Benchmarks.Measure;

/// <summary>Latencies in microseconds, exact to one percent.</summary>
internal sealed class LatencyHistogram
{
    private const long MaxMicroseconds = 60_000_000;
    private const int SignificantDigits = 2;
    private const double MicrosecondsPerMillisecond = 1000;

    private readonly LongHistogram _histogram = new(1, MaxMicroseconds, SignificantDigits);

    public long Count => _histogram.TotalCount;

    public double MaxMilliseconds => Count == 0 ? 0 : _histogram.GetMaxValue() / MicrosecondsPerMillisecond;

    public void Record(TimeSpan latency) =>
        _histogram.RecordValue(Math.Clamp((long)latency.TotalMicroseconds, 1, MaxMicroseconds));

    public void Add(LatencyHistogram other) => _histogram.Add(other._histogram);

    public double Milliseconds(double percentile) =>
        Count == 0 ? 0 : _histogram.GetValueAtPercentile(percentile) / MicrosecondsPerMillisecond;
}
