using System.Diagnostics.Metrics;
using Concord.Client;
using Concord.Tests.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Concord.Tests.Extensions;

public sealed class HealthCheckTests : IDisposable
{
    private readonly TestHost _test = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task Healthy_while_connected_degraded_while_cut_off_healthy_again()
    {
        var server = await FakeConfigServer.StartAsync(("a", "1"));
        using var host = await StartAsync(server.Endpoint);
        var healthy = await CheckAsync(host);
        Assert.Equal(HealthStatus.Healthy, healthy.Status);
        Assert.Equal(("orders/dev", 1L, true, false), (healthy.Data["view"], healthy.Data["release"], healthy.Data["connected"], healthy.Data["fromFile"]));

        await server.DisposeAsync();
        await UntilAsync(host, HealthStatus.Degraded);
        var cutOff = await CheckAsync(host);
        Assert.Contains("release 1", cutOff.Description, StringComparison.Ordinal);
        Assert.Contains("lastError", cutOff.Data.Keys);

        await using var again = await FakeConfigServer.StartAsync(server.Endpoint.Port, ("a", "1"));
        await UntilAsync(host, HealthStatus.Healthy);
    }

    [Fact]
    public async Task Degraded_when_started_from_the_file()
    {
        var server = await FakeConfigServer.StartAsync(("a", "1"));
        using (await StartAsync(server.Endpoint))
            await server.NextReportAsync();
        await server.DisposeAsync();

        using var host = await StartAsync(server.Endpoint);
        var result = await CheckAsync(host);

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Equal(true, result.Data["fromFile"]);
        Assert.Contains("last known good file", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Degraded_with_the_reason_while_the_newest_release_is_rejected()
    {
        await using var server = await FakeConfigServer.StartAsync(("Number", "1"));
        using var host = await StartAsync(server.Endpoint, services =>
            services.AddOptions<Holder>().BindConfiguration("").Validate(holder => holder.Number < 10, "Number must be below 10.").ValidateOnStart());

        server.Publish(("Number", "11"));
        await UntilAsync(host, HealthStatus.Degraded);
        var result = await CheckAsync(host);

        Assert.Equal(2L, result.Data["rejectedRelease"]);
        Assert.Contains("Number must be below 10.", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_meter_says_which_release_is_in_use_and_counts_outcomes()
    {
        var measured = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ClientTelemetry.Name)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "concord.application", Value: "metered" })
                {
                    lock (measured)
                        measured[instrument.Name] = measured.GetValueOrDefault(instrument.Name) + value;
                }
            }
        });
        listener.Start();
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        using var manager = _test.Manager(server.Endpoint, options => options.Application = "metered");

        listener.RecordObservableInstruments();

        Assert.Equal(1, measured["concord.config.release"]);
        Assert.Equal(1, measured["concord.config.connected"]);
        Assert.Equal(1, measured["concord.config.releases"]);
    }

    private async Task<IHost> StartAsync(Uri endpoint, Action<IServiceCollection>? services = null)
    {
        var builder = _test.Builder(endpoint);
        builder.Services.AddHealthChecks().AddConcord();
        services?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync(Stop);
        return host;
    }

    private static async Task<HealthReportEntry> CheckAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Stop)).Entries["concord"];

    private static Task UntilAsync(IHost host, HealthStatus wanted) =>
        Wait.UntilAsync(async () => (await CheckAsync(host)).Status == wanted, $"the check says {wanted}");

    internal sealed class Holder
    {
        public int Number { get; set; }
    }
}
