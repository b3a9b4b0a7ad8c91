using Concord.Client.Balancing;
using Concord.Extensions.Balancing;
using Concord.Tests.Client;
using Concord.Tests.Configs.Rest;
using Concord.Tests.Extensions.Balancing;
using Concord.Tests.Gateway;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Tests.Routing;

/// <summary>An <see cref="HttpClient"/> with <c>AddConcordBalancing</c> goes by the published rules, without a line about them. Services of their own.</summary>
public sealed class CallerRoutingTests(RestServer server) : IClassFixture<RestServer>, IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _owned = [];

    private static CancellationToken Patience => RestServer.Patience;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            await _owned[i].DisposeAsync();
    }

    [Fact]
    public async Task Calls_go_by_the_rules_from_the_first_one_on_and_by_changed_ones_when_they_change()
    {
        await server.ReleaseAsync("routing/caller/first", "yaml", "split: [{ version: \"2\", percent: 100 }]\n");
        var provider = Provider("caller");
        await RegisterAsync(provider, "first");
        var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("calls");
        for (var i = 0; i < 20; i++)
            Assert.StartsWith("2 ", await http.GetStringAsync("http://first/", Patience), StringComparison.Ordinal);

        await server.ReleaseAsync("routing/caller/first", "yaml", "maintenance: { zone-2: new switches }\n");
        await Wait.UntilAsync(async () => (await http.GetStringAsync("http://first/", Patience)).StartsWith("1 ", StringComparison.Ordinal), "the closed zone is left");
        for (var i = 0; i < 20; i++)
            Assert.StartsWith("1 ", await http.GetStringAsync("http://first/", Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failover_order_is_seen_from_the_callers_region()
    {
        await server.ReleaseAsync("routing/caller/near", "yaml", "failover: [own-region, any]\n");
        var provider = Provider("caller", options => options.Region = "region-1");
        await RegisterAsync(provider, "near");
        var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("calls");
        for (var i = 0; i < 20; i++)
            Assert.StartsWith("1 ", await http.GetStringAsync("http://near/", Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Switched_off_or_with_a_routing_of_its_own_calls_do_not_go_by_them()
    {
        await server.ReleaseAsync("routing/caller/off", "yaml", "split: [{ version: \"2\", percent: 100 }]\n");
        var off = Provider("caller", options => options.FollowRouting = false);
        await RegisterAsync(off, "off");
        await BothAsync(off);
        await BothAsync(Provider("caller", options => options.For("off", pool => pool with { Routing = new Everybody() })));

        static async Task BothAsync(ServiceProvider provider)
        {
            var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("calls");
            var answers = new HashSet<string>();
            await Wait.UntilAsync(async () => answers.Add(await http.GetStringAsync("http://off/", Patience)) && answers.Count == 2, "both are called");
        }
    }

    [Theory]
    [InlineData("header:x-user")]
    [InlineData("query:user")]
    [InlineData("cookie:user")]
    public async Task A_user_stays_with_one_version_in_every_process(string splitBy)
    {
        var service = splitBy.Replace(':', '-');
        await server.ReleaseAsync($"routing/caller/{service}", "yaml", $"splitBy: {splitBy}\nsplit: [{{ version: \"2\", percent: 50 }}, {{ percent: 50 }}]\n");
        var first = Provider("caller");
        await RegisterAsync(first, service);
        var clients = new[] { first, Provider("caller") }.Select(one => one.GetRequiredService<IHttpClientFactory>().CreateClient("calls")).ToList();
        var versions = new HashSet<char>();
        for (var user = 0; user < 20; user++)
        {
            var seen = new HashSet<char>();
            foreach (var http in clients.Concat(clients))
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{service}/?a=b&user=u{user}") { Headers = { { "x-user", $"u{user}" }, { "Cookie", $"a=b; user=u{user}" } } };
                using var answer = await http.SendAsync(request, Patience);
                seen.Add((await answer.Content.ReadAsStringAsync(Patience))[0]);
            }

            versions.Add(Assert.Single(seen));
        }

        Assert.Equal(2, versions.Count);
    }

    [Fact]
    public async Task Calls_over_grpc_go_by_them_too()
    {
        await server.ReleaseAsync("routing/caller/over-grpc", "yaml", "splitBy: header:x-user\nsplit: [{ version: \"2\", percent: 50 }, { percent: 50 }]\n");
        var provider = Provider("caller");
        await RegisterGrpcAsync(provider, "over-grpc");
        using var channel = GrpcChannel.ForAddress("concord:///over-grpc", new() { ServiceProvider = provider, Credentials = ChannelCredentials.Insecure });
        var client = new Health.HealthClient(channel);
        var connected = new HashSet<HealthCheckResponse.Types.ServingStatus>();
        await Wait.UntilAsync(
            async () =>
            {
                connected.Add(await AskAsync(new()));
                return connected.Count == 2;
            },
            "the channel is connected to both");

        var statuses = new HashSet<HealthCheckResponse.Types.ServingStatus>();
        for (var user = 0; user < 20; user++)
        {
            var seen = new HashSet<HealthCheckResponse.Types.ServingStatus>();
            for (var i = 0; i < 3; i++)
                seen.Add(await AskAsync(new() { { "x-user", $"u{user}" } }));
            statuses.Add(Assert.Single(seen));
        }

        Assert.Equal(2, statuses.Count);
        await server.ReleaseAsync("routing/caller/over-grpc", "yaml", "split: [{ version: \"2\", percent: 100 }]\n");
        await Wait.UntilAsync(
            async () =>
            {
                for (var i = 0; i < 10; i++)
                {
                    if (await AskAsync(new()) != HealthCheckResponse.Types.ServingStatus.NotServing)
                        return false;
                }

                return true;
            },
            "all calls go to version 2");

        async Task<HealthCheckResponse.Types.ServingStatus> AskAsync(Metadata headers) => (await client.CheckAsync(new(), headers, cancellationToken: Patience)).Status;
    }

    [Fact]
    public void Environment_and_labels_are_the_hosts_unless_said_otherwise()
    {
        var labels = new Dictionary<string, string> { ["edge"] = "eu" };
        var said = new ConcordBalancingOptions { Region = "eu" };
        var routing = said.ToDirectoryOptions(new("stage", labels)).Routing!;
        Assert.Equal(("stage", "eu", "eu"), (routing.Environment, routing.Region, routing.Labels["edge"]));

        said.Environment = "live";
        said.Labels = new Dictionary<string, string>();
        routing = said.ToDirectoryOptions(new("stage", labels)).Routing!;
        Assert.Equal("live", routing.Environment);
        Assert.Empty(routing.Labels);

        said.Environment = "No Name";
        var error = Assert.Throws<ArgumentException>(() => said.ToDirectoryOptions(new("stage", labels)));
        Assert.Contains("'No Name'", error.Message, StringComparison.Ordinal);
        said.FollowRouting = false;
        Assert.Null(said.ToDirectoryOptions(new("stage", labels)).Routing);
    }

    private ServiceProvider Provider(string environment, Action<ConcordBalancingOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("Concord:Environment", environment)]).Build());
        services.AddConcordClient(server.Url.ToString());
        services.AddConcordBalancing(options =>
        {
            options.CacheDirectory = null;
            options.ForAll(pool => pool with { Policy = BalancingPolicies.RoundRobin(), SlowStart = new() { Window = TimeSpan.Zero } });
            configure?.Invoke(options);
        });
        services.AddHttpClient("calls").AddConcordBalancing();
        services.AddConcordGrpcBalancing();
        var provider = services.BuildServiceProvider();
        _owned.Add(provider);
        return provider;
    }

    /// <summary>Two instances: version 1 in region-1 and zone-1, and the same with 2.</summary>
    private async Task RegisterAsync(ServiceProvider provider, string service)
    {
        var registry = provider.GetRequiredService<Concord.Client.ConcordClient>().Registry;
        foreach (var number in new[] { "1", "2" })
        {
            var backend = await TestBackend.StartAsync(number);
            _owned.Add(backend);
            _owned.Add(await registry.RegisterAsync(
                new()
                {
                    Service = service,
                    Id = number,
                    Endpoints = [new("http", backend.Url.Host, backend.Url.Port)],
                    Zone = $"zone-{number}",
                    Region = $"region-{number}",
                    Version = number,
                },
                new() { DrainTime = TimeSpan.Zero }, Patience));
        }
    }

    /// <summary>Version 1 says serving, version 2 not serving.</summary>
    private async Task RegisterGrpcAsync(ServiceProvider provider, string service)
    {
        var registry = provider.GetRequiredService<Concord.Client.ConcordClient>().Registry;
        foreach (var status in new[] { HealthCheckResponse.Types.ServingStatus.Serving, HealthCheckResponse.Types.ServingStatus.NotServing })
        {
            var health = new HealthServiceImpl();
            health.SetStatus("", status);
            var backend = await Backend.StartAsync($"{status}", http2: true, services => services.AddSingleton(health).AddGrpc(), app => app.MapGrpcService<HealthServiceImpl>());
            _owned.Add(backend);
            _owned.Add(await registry.RegisterAsync(
                new() { Service = service, Id = $"{status}", Endpoints = [new("grpc", "127.0.0.1", backend.Port)], Version = $"{(int)status}" }, new() { DrainTime = TimeSpan.Zero }, Patience));
        }
    }

    private sealed class Everybody : Concord.Client.Balancing.Routing.IRoutingPolicy
    {
        public event Action? Changed
        {
            add { }
            remove { }
        }

        public Concord.Client.Balancing.Routing.RoutingPlan Route(Concord.Client.Balancing.Routing.RoutingView view) => Concord.Client.Balancing.Routing.RoutingPlan.Of(view.Instances);
    }
}
