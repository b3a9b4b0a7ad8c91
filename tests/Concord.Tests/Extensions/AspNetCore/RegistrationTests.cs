using Concord.Client;
using Concord.Client.Registry;
using Concord.Extensions.AspNetCore;
using Concord.Tests.Client;
using Concord.Tests.Configs.Rest;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Extensions.AspNetCore;

/// <summary>Web applications that register themselves, against a whole server. Services of their own.</summary>
public sealed class RegistrationTests(RestServer server) : IClassFixture<RestServer>, IAsyncLifetime
{
    private ConcordClient? _client;

    private static CancellationToken Patience => RestServer.Patience;

    public ValueTask InitializeAsync()
    {
        _client = new(server.Url.ToString());
        return default;
    }

    public ValueTask DisposeAsync() => _client!.DisposeAsync();

    [Fact]
    public async Task An_application_is_registered_where_it_listens_and_says_how_it_does()
    {
        var health = new Probe { Status = HealthStatus.Unhealthy };
        await using var app = Build("web", health, options => options.Zone = "eu-1");
        await using var watch = Watch("web");
        Assert.Empty((await NextAsync<ServiceWatchEvent.Full>(watch)).View.Instances);
        await app.StartAsync(Patience);

        // Not ready yet is not broken.
        var one = await ChangeAsync(watch);
        Assert.Equal((InstanceState.Starting, "probe: not well", "eu-1"), (one.State, one.Reason, one.Zone));
        Assert.Equal(new Uri(app.Urls.First()), new Uri(Assert.Single(one.Endpoints).Url));
        health.Status = HealthStatus.Healthy;
        Assert.Equal((InstanceState.Passing, ""), StateOf(await ChangeAsync(watch)));
        health.Status = HealthStatus.Degraded;
        Assert.Equal((InstanceState.Warning, "probe: not well"), StateOf(await ChangeAsync(watch)));
        health.Status = HealthStatus.Unhealthy;
        Assert.Equal(InstanceState.Critical, (await ChangeAsync(watch)).State);
    }

    [Fact]
    public async Task When_it_stops_callers_are_told_first_and_it_answers_until_it_is_gone()
    {
        await using var app = Build("stopping", new Probe(), options => options.DrainTime = TimeSpan.FromMilliseconds(300));
        await using var watch = Watch("stopping");
        await NextAsync<ServiceWatchEvent.Full>(watch);
        await app.StartAsync(Patience);
        await ChangeAsync(watch);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        var stopping = app.StopAsync(Patience);

        Assert.Equal(InstanceState.Draining, (await ChangeAsync(watch)).State);
        Assert.Equal("here", await http.GetStringAsync("/", Patience));
        Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Removed);
        await stopping;
    }

    [Fact]
    public async Task Without_a_registry_an_application_starts_works_and_stops()
    {
        await using var app = Build("alone", new Probe(), endpoint: TestClients.Dead());
        await app.StartAsync(Patience);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        Assert.Equal("here", await http.GetStringAsync("/", Patience));
        await app.StopAsync(Patience);
    }

    [Fact]
    public async Task A_drain_time_that_leaves_nothing_of_the_hosts_time_out_is_refused_by_name()
    {
        await using var app = Build("drain", new Probe(), options => options.DrainTime = TimeSpan.FromSeconds(30));

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Patience));

        Assert.Contains("DrainTime", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ShutdownTimeout", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_come_from_code_then_configuration_then_the_host()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Concord:Registration:Zone"] = "eu-1",
            ["Concord:Registration:Tags"] = "blue, new",
            ["Concord:Registration:Weight"] = "50",
            ["Concord:Registration:Metadata:track"] = "canary",
            ["Concord:Registration:DrainTime"] = "00:00:02",
        }).Build();

        var settings = RegistrationSettings.Resolve(new() { Zone = "eu-2" }, configuration, "Shop.Orders")!;

        Assert.Equal(("shop-orders", "eu-2", 50, "canary", TimeSpan.FromSeconds(2)), (settings.Service, settings.Zone, settings.Weight, settings.Metadata["track"], settings.DrainTime));
        Assert.Equal(["blue", "new"], settings.Tags);
        Assert.Null(RegistrationSettings.Resolve(new() { Enabled = false }, configuration, "x"));
    }

    [Fact]
    public void All_options_that_cannot_work_are_named_at_once()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Concord:Registration:Weight"] = "heavy" }).Build();

        var refusal = Assert.Throws<ArgumentException>(() => RegistrationSettings.Resolve(new() { TimeToLive = TimeSpan.Zero, DrainTime = TimeSpan.FromSeconds(-1) }, configuration, ""));

        Assert.All(["Service", "TimeToLive", "DrainTime", "Concord:Registration:Weight"], name => Assert.Contains(name, refusal.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://127.0.0.1:80", null, "http://127.0.0.1:80")]
    [InlineData("http://+:8080", null, "http://10.0.0.7:8080")]
    [InlineData("http://[::]:8080", null, "http://10.0.0.7:8080")]
    [InlineData("http://0.0.0.0:8080;https://*:8443", null, "http://10.0.0.7:8080 https=https://10.0.0.7:8443")]
    [InlineData("http://[::]:8080", "shop.example.com", "http://shop.example.com:8080")]
    [InlineData("http://localhost:5000", null, "http://localhost:5000")]
    [InlineData("http://[fe80::1]:5000;http://10.1.1.1:5001;http://10.1.1.1:5002", null, "http://[fe80::1]:5000 http=http://10.1.1.1:5001 http-5002=http://10.1.1.1:5002")]
    [InlineData("http://unix:/tmp/app.sock", null, "")]
    public async Task Bound_addresses_become_ones_that_others_reach(string bound, string? advertised, string expected)
    {
        var endpoints = await AdvertisedEndpoints.OfAsync(bound.Split(';'), advertised, () => Task.FromResult("10.0.0.7"));

        Assert.Equal(expected, string.Join(' ', endpoints));
    }

    [Fact]
    public async Task The_address_towards_the_registry_is_the_systems_choice() =>
        Assert.Equal("127.0.0.1", await AdvertisedEndpoints.LocalAddressToAsync(new Uri("http://127.0.0.1:2379")));

    private WebApplication Build(string service, Probe health, Action<ConcordRegistrationOptions>? configure = null, Uri? endpoint = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddConcordClient(TestClients.Options(endpoint ?? server.Url));
        builder.Services.AddHealthChecks().AddCheck("probe", health);
        builder.AddConcordRegistration(options =>
        {
            options.Service = service;
            options.HealthPeriod = TimeSpan.FromMilliseconds(100);
            options.DrainTime = TimeSpan.Zero;
            configure?.Invoke(options);
        });
        var app = builder.Build();
        app.MapGet("/", (HttpContext context) => context.Response.WriteAsync("here"));
        return app;
    }

    private IAsyncEnumerator<ServiceWatchEvent> Watch(string service) => _client!.Registry.WatchAsync(InstanceFilter.Of(service), Patience).GetAsyncEnumerator(Patience);

    private static (InstanceState, string) StateOf(ServiceInstance instance) => (instance.State, instance.Reason);

    private static async Task<ServiceInstance> ChangeAsync(IAsyncEnumerator<ServiceWatchEvent> watch) => Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set);

    private static async Task<T> NextAsync<T>(IAsyncEnumerator<ServiceWatchEvent> watch)
        where T : ServiceWatchEvent
    {
        Assert.True(await watch.MoveNextAsync());
        return Assert.IsType<T>(watch.Current);
    }

    private sealed class Probe : IHealthCheck
    {
        public volatile HealthStatus Status = HealthStatus.Healthy;

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(new HealthCheckResult(Status, "not well"));
    }
}
