using System.Diagnostics.Metrics;
using Concord.Server.Telemetry;

namespace Concord.Tests.Telemetry;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly Meter _meter = new("test");
    private readonly PrometheusText _text;

    public PrometheusTextTests() => _text = new(_meter);

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token;

    public void Dispose()
    {
        _text.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task Names_and_types_are_written_as_they_are_and_labels_escaped()
    {
        _meter.CreateObservableGauge("a_total", () => new Measurement<long>(3, new KeyValuePair<string, object?>("l", "x\"\\\n")), "By", "A gauge with the name of a counter.");
        _meter.CreateObservableCounter("b", () => 1.5, description: "A counter without one.");

        Assert.Equal(
            """
            # HELP a_total A gauge with the name of a counter.
            # TYPE a_total gauge
            a_total{l="x\"\\\n"} 3
            # HELP b A counter without one.
            # TYPE b counter
            b 1.5

            """.ReplaceLineEndings("\n"),
            await ReadAsync());
    }

    [Fact]
    public async Task A_series_that_is_gone_is_written_no_more()
    {
        string[] members = ["m1", "m2"];
        _meter.CreateObservableCounter("sent", () => members.Select(member => new Measurement<long>(1, new KeyValuePair<string, object?>("To", member))), description: "Sent.");
        Assert.Equal(2, new MetricsText(await ReadAsync()).Of("sent").Count);

        members = ["m2"];

        Assert.Equal("sent{To=\"m2\"}", Assert.Single(new MetricsText(await ReadAsync()).Of("sent")));
    }

    [Fact]
    public async Task A_histogram_counts_in_its_own_buckets_from_the_first_value_on()
    {
        var times = _meter.CreateHistogram("took", "s", "Took.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002] });
        times.Record(0.0005);
        times.Record(0.002);
        times.Record(7);

        var text = new MetricsText(await ReadAsync());

        Assert.Equal("histogram", text.Types["took"]);
        Assert.Equal((1, 2, 3), (text["took_bucket{le=\"0.001\"}"], text["took_bucket{le=\"0.002\"}"], text["took_bucket{le=\"+Inf\"}"]));
        Assert.Equal((3, 7.0025), (text["took_count"], Math.Round(text["took_sum"], 9)));
    }

    [Fact]
    public async Task Another_meter_of_the_same_name_is_another_servers()
    {
        using var other = new Meter("test");
        other.CreateObservableGauge("b", () => 1, description: "B.");
        Assert.Equal("", await ReadAsync());
    }

    private async Task<string> ReadAsync()
    {
        using var text = await _text.ReadAsync(Patience);
        using var reader = new StreamReader(text);
        return await reader.ReadToEndAsync(Patience);
    }
}
