using System.ComponentModel.DataAnnotations;
using Concord.Extensions;
using Concord.Tests.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Outcome = Concord.Protocol.V1.WatchConfigRequest.Types.Outcome;

namespace Concord.Tests.Extensions;

public sealed class LiveOptionsTests : IDisposable
{
    private readonly TestHost _test = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task A_monitor_fires_once_for_a_change_that_concerns_it_and_never_for_another()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "0.1"), ("Features:FreeShipping", "false"));
        var builder = _test.Builder(server.Endpoint);
        AddPricing(builder.Services);
        // A second binding announces every change a second time.
        builder.Services.Configure<Pricing>(builder.Configuration.GetSection("Pricing"));
        using var host = await StartAsync(builder);
        var monitor = host.Services.GetRequiredService<IOptionsMonitor<Pricing>>();
        var fired = new Signal<Pricing>();
        using var registration = monitor.OnChange(fired.Add);
        var before = monitor.CurrentValue;

        server.Publish(("Pricing:Discount", "0.1"), ("Features:FreeShipping", "true"));
        await server.NextAsync(request => request.Report?.Release == 2);
        Assert.Equal(0, fired.Count);
        Assert.Same(before, monitor.CurrentValue);

        server.Publish(("Pricing:Discount", "0.2"), ("Features:FreeShipping", "true"));
        await server.NextAsync(request => request.Report?.Release == 3);
        Assert.Equal(1, fired.Count);
        Assert.Equal(0.2m, (await fired.NextAsync()).Discount);
        Assert.Equal(0.2m, monitor.CurrentValue.Discount);
    }

    /// <summary>Whoever listens and never asked for the value before has a right to the same.</summary>
    [Fact]
    public async Task A_listener_that_has_not_read_the_options_hears_of_their_changes_only()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "0.1"), ("Features:FreeShipping", "false"));
        var builder = _test.Builder(server.Endpoint);
        builder.Services.AddOptions<Pricing>().BindConfiguration("Pricing").ValidateDataAnnotations();
        using var host = await StartAsync(builder);
        var fired = new Signal<Pricing>();
        using var registration = host.Services.GetRequiredService<IOptionsMonitor<Pricing>>().OnChange(fired.Add);

        server.Publish(("Pricing:Discount", "0.1"), ("Features:FreeShipping", "true"));
        await server.NextAsync(request => request.Report?.Release == 2);
        Assert.Equal(0, fired.Count);

        server.Publish(("Pricing:Discount", "7"), ("Features:FreeShipping", "true"));
        await server.NextAsync(request => request.Report is { Release: 3, Outcome: Outcome.Rejected });
        server.Publish(("Pricing:Discount", "0.2"), ("Features:FreeShipping", "true"));
        await server.NextAsync(request => request.Report?.Release == 4);
        Assert.Equal(1, fired.Count);
    }

    /// <summary>Options that cannot be made yet must not make listening for them fail.</summary>
    [Fact]
    public async Task One_can_listen_for_options_that_are_not_valid_yet()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "7"));
        var builder = _test.Builder(server.Endpoint);
        builder.Services.AddOptions<Pricing>().BindConfiguration("Pricing").ValidateDataAnnotations();
        using var host = await StartAsync(builder);
        var fired = new Signal<Pricing>();
        using var registration = host.Services.GetRequiredService<IOptionsMonitor<Pricing>>().OnChange(fired.Add);

        server.Publish(("Pricing:Discount", "0.2"));

        Assert.Equal(0.2m, (await fired.NextAsync()).Discount);
    }

    [Theory]
    [InlineData("7", "Discount must lie between 0 and 0.9.")]
    [InlineData("much", "Pricing:Discount")]
    public async Task A_bad_value_leaves_every_consumer_as_it_was_and_is_reported_as_rejected(string bad, string reason)
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "0.1"), ("Pricing:Currency", "EUR"));
        var builder = _test.Builder(server.Endpoint);
        AddPricing(builder.Services);
        using var host = await StartAsync(builder);
        var monitor = host.Services.GetRequiredService<IOptionsMonitor<Pricing>>();
        var fired = new Signal<Pricing>();
        using var registration = monitor.OnChange(fired.Add);
        Assert.Equal((1L, Outcome.Applied), Of(await server.NextReportAsync()));

        server.Publish(("Pricing:Discount", bad), ("Pricing:Currency", "USD"));
        var report = await server.NextReportAsync();

        Assert.Equal((2L, Outcome.Rejected), Of(report));
        Assert.Contains(reason, report.Reason, StringComparison.Ordinal);
        Assert.Equal((0.1m, "EUR"), (monitor.CurrentValue.Discount, monitor.CurrentValue.Currency));
        using (var scope = host.Services.CreateScope())
        {
            var snapshot = scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<Pricing>>().Value;
            Assert.Equal((0.1m, "EUR"), (snapshot.Discount, snapshot.Currency));
        }

        Assert.Equal("EUR", host.Services.GetRequiredService<IConfiguration>()["Pricing:Currency"]);
        Assert.Equal(0, fired.Count);
        var view = Assert.Single(host.Services.GetRequiredService<ConcordStatus>().Views);
        Assert.Equal((1L, 2L), (view.Release, view.RejectedRelease));

        server.Publish(("Pricing:Discount", "0.3"), ("Pricing:Currency", "USD"));
        Assert.Equal((3L, Outcome.Applied), Of(await server.NextReportAsync()));
        Assert.Equal((0.3m, "USD"), (monitor.CurrentValue.Discount, monitor.CurrentValue.Currency));
        Assert.Equal(1, fired.Count);
    }

    [Fact]
    public async Task Options_that_only_a_scoped_snapshot_uses_are_protected_from_their_first_use_on()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "0.1"));
        var builder = _test.Builder(server.Endpoint);
        builder.Services.AddOptions<Pricing>().BindConfiguration("Pricing").ValidateDataAnnotations();
        using var host = await StartAsync(builder);
        Assert.Equal(0.1m, Snapshot(host).Discount);

        server.Publish(("Pricing:Discount", "7"));
        await server.NextAsync(request => request.Report is { Outcome: Outcome.Rejected });

        Assert.Equal(0.1m, Snapshot(host).Discount);
    }

    [Fact]
    public async Task Named_options_are_judged_and_announced_by_name()
    {
        await using var server = await FakeConfigServer.StartAsync(("Eu:Discount", "0.1"), ("Us:Discount", "0.2"));
        var builder = _test.Builder(server.Endpoint);
        builder.Services.AddOptions<Pricing>("eu").BindConfiguration("Eu").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<Pricing>("us").BindConfiguration("Us").ValidateDataAnnotations().ValidateOnStart();
        using var host = await StartAsync(builder);
        var monitor = host.Services.GetRequiredService<IOptionsMonitor<Pricing>>();
        var fired = new Signal<string?>();
        using var registration = monitor.OnChange((_, name) => fired.Add(name));

        server.Publish(("Eu:Discount", "0.1"), ("Us:Discount", "8"));
        var report = await server.NextAsync(request => request.Report is { Outcome: Outcome.Rejected });
        Assert.Contains("Pricing 'us'", report.Report.Reason, StringComparison.Ordinal);

        server.Publish(("Eu:Discount", "0.15"), ("Us:Discount", "0.2"));
        Assert.Equal("eu", await fired.NextAsync());
        await server.NextAsync(request => request.Report?.Release == 3);
        Assert.Equal(1, fired.Count);
        Assert.Equal((0.15m, 0.2m), (monitor.Get("eu").Discount, monitor.Get("us").Discount));
    }

    [Fact]
    public async Task A_validator_that_looks_at_other_options_sees_the_same_candidate()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "0.1"), ("Limits:Discount", "0.2"));
        var builder = _test.Builder(server.Endpoint);
        builder.Services.AddOptions<Limits>().BindConfiguration("Limits");
        builder.Services.AddOptions<Pricing>().BindConfiguration("Pricing").ValidateOnStart()
            .Validate<IOptionsMonitor<Limits>>((pricing, limits) => pricing.Discount <= limits.CurrentValue.Discount, "Discount is above the limit.");
        using var host = await StartAsync(builder);

        server.Publish(("Pricing:Discount", "0.5"), ("Limits:Discount", "0.6"));
        Assert.Equal((2L, Outcome.Applied), Of((await server.NextAsync(request => request.Report?.Release == 2)).Report));
        server.Publish(("Pricing:Discount", "0.5"), ("Limits:Discount", "0.3"));
        var report = (await server.NextAsync(request => request.Report?.Release == 3)).Report;

        Assert.Equal((3L, Outcome.Rejected), Of(report));
        Assert.Equal(0.6m, host.Services.GetRequiredService<IOptionsMonitor<Limits>>().CurrentValue.Discount);
    }

    [Fact]
    public async Task Options_that_were_broken_before_do_not_hold_a_release_up()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "7"), ("Limits:Discount", "0.1"));
        var builder = _test.Builder(server.Endpoint);
        builder.Services.AddOptions<Pricing>().BindConfiguration("Pricing").ValidateDataAnnotations();
        builder.Services.AddOptions<Limits>().BindConfiguration("Limits").ValidateOnStart();
        using var host = await StartAsync(builder);
        Assert.Throws<OptionsValidationException>(() => Snapshot(host));

        server.Publish(("Pricing:Discount", "8"), ("Limits:Discount", "0.2"));

        Assert.Equal((2L, Outcome.Applied), Of((await server.NextAsync(request => request.Report?.Release == 2)).Report));
        Assert.Equal(0.2m, host.Services.GetRequiredService<IOptionsMonitor<Limits>>().CurrentValue.Discount);
    }

    [Fact]
    public async Task A_service_that_starts_into_a_bad_release_starts_with_the_last_known_good_one()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "0.1"));
        using (var host = await StartPricingAsync(server.Endpoint))
        {
            await server.NextReportAsync();
            server.Publish(("Pricing:Discount", "7"));
            await server.NextAsync(request => request.Report is { Outcome: Outcome.Rejected });
        }

        using var again = await StartPricingAsync(server.Endpoint);
        var report = await server.NextReportAsync();

        Assert.Equal((2L, Outcome.Rejected), Of(report));
        Assert.Equal(0.1m, again.Services.GetRequiredService<IOptionsMonitor<Pricing>>().CurrentValue.Discount);
        Assert.Equal("0.1", again.Services.GetRequiredService<IConfiguration>()["Pricing:Discount"]);

        server.Publish(("Pricing:Discount", "0.4"));
        await server.NextAsync(request => request.Report is { Release: 3, Outcome: Outcome.Applied });
        Assert.Equal(0.4m, again.Services.GetRequiredService<IOptionsMonitor<Pricing>>().CurrentValue.Discount);
    }

    [Fact]
    public async Task Without_a_last_known_good_one_it_does_not_start_and_writes_no_file()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "7"));

        await Assert.ThrowsAsync<OptionsValidationException>(() => StartPricingAsync(server.Endpoint));

        Assert.Null(_test.File);
    }

    [Fact]
    public async Task The_file_is_written_when_the_service_has_started()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "0.1"));
        var builder = _test.Builder(server.Endpoint);
        AddPricing(builder.Services);
        using var host = builder.Build();
        Assert.Null(_test.File);

        await host.StartAsync(Stop);

        Assert.NotNull(_test.File);
    }

    [Fact]
    public async Task One_options_object_never_mixes_two_releases()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pair:Left", "0"), ("Pair:Right", "0"));
        var builder = _test.Builder(server.Endpoint);
        builder.Services.AddOptions<Pair>().BindConfiguration("Pair");
        using var host = await StartAsync(builder);
        var last = Task.Run(
            async () =>
            {
                for (var i = 1; i <= 200; i++)
                    server.Publish(("Pair:Left", $"{i}"), ("Pair:Right", $"{i}"));
                await server.NextAsync(request => request.Report?.Release == 201);
            },
            Stop);

        var made = 0;
        while (!last.IsCompleted || made < 100)
        {
            using var scope = host.Services.CreateScope();
            var pair = scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<Pair>>().Value;
            Assert.Equal(pair.Left, pair.Right);
            made++;
        }

        await last;
    }

    private static (long Release, Outcome Outcome) Of(Concord.Protocol.V1.WatchConfigRequest.Types.Report report) =>
        (report.Release, report.Outcome);

    private static Pricing Snapshot(IHost host)
    {
        using var scope = host.Services.CreateScope();
        return scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<Pricing>>().Value;
    }

    private static void AddPricing(IServiceCollection services) =>
        services.AddOptions<Pricing>().BindConfiguration("Pricing").ValidateDataAnnotations().ValidateOnStart();

    private Task<IHost> StartPricingAsync(Uri endpoint)
    {
        var builder = _test.Builder(endpoint);
        AddPricing(builder.Services);
        return StartAsync(builder);
    }

    private static async Task<IHost> StartAsync(HostApplicationBuilder builder)
    {
        var host = builder.Build();
        try
        {
            await host.StartAsync(Stop);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    internal sealed class Pricing
    {
        [Range(0, 0.9, ErrorMessage = "Discount must lie between 0 and 0.9.")]
        public decimal Discount { get; set; }

        public string Currency { get; set; } = "EUR";
    }

    internal sealed class Limits
    {
        public decimal Discount { get; set; }
    }

    internal sealed class Pair
    {
        public int Left { get; set; }

        public int Right { get; set; }
    }
}
