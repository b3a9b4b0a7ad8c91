using Concord.Server.Cluster;

namespace Concord.Tests.Settings;

public sealed class TelemetryOptionsTests
{
    [Fact]
    public void Nothing_is_exported_or_opened_unless_somebody_asks()
    {
        var (options, problems) = ServerOptionsReader.Read(new Dictionary<string, string>(), static _ => null);
        Assert.Empty(problems);
        Assert.Null(options.OtlpEndpoint);
        Assert.Empty(options.ListenMetricsUrls);
        Assert.Equal("basic", options.Metrics);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://shared:4318/base", null, "http://shared:4318/base")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://shared:4318", "http://own:4317", "http://own:4317")]
    [InlineData("CONCORD_OTLP_ENDPOINT", "http://own:4317", null, "http://own:4317")]
    public void The_collector_is_the_flag_or_what_every_program_here_is_told(string variable, string value, string? flag, string expected)
    {
        var flags = flag is null ? new Dictionary<string, string>() : new() { ["otlp-endpoint"] = flag };
        var (options, problems) = ServerOptionsReader.Read(flags, name => name == variable ? value : name == "OTEL_EXPORTER_OTLP_PROTOCOL" ? "http/protobuf" : null);
        Assert.Empty(problems);
        Assert.Equal(expected, options.OtlpEndpoint!.OriginalString);
        Assert.Equal(ServerOptions.OtlpOverHttp, options.OtlpProtocol);
    }

    [Theory]
    [InlineData("otlp-endpoint", "collector:4317", "write http://HOST:PORT of the collector")]
    [InlineData("otlp-protocol", "http/json", "use grpc or http/protobuf")]
    [InlineData("metrics", "all", "use basic or extensive")]
    [InlineData("listen-metrics-urls", "https://127.0.0.1:2381", "do not speak; write http://")]
    public void A_wrong_value_is_refused_with_the_remedy(string flag, string value, string remedy)
    {
        var (_, problems) = ServerOptionsReader.Read(new Dictionary<string, string> { [flag] = value }, static _ => null);
        var problem = Assert.Single(problems).ToString();
        Assert.StartsWith("--" + flag, problem, StringComparison.Ordinal);
        Assert.Contains(remedy, problem, StringComparison.Ordinal);
    }
}
