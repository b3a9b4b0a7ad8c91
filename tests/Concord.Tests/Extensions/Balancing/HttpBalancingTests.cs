using System.Net;
using Concord.Client.Balancing;
using Concord.Client.Balancing.Following;
using Concord.Extensions.Balancing.Http;
using Concord.Tests.Client;
using Concord.Tests.Client.Balancing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Concord.Tests.Extensions.Balancing;

/// <summary>An <see cref="HttpClient"/> that calls real servers by the name of their service.</summary>
public sealed class HttpBalancingTests : IAsyncLifetime
{
    private readonly FakeRegistry _registry = new();
    private readonly List<Backend> _backends = [];
    private readonly List<IAsyncDisposable> _owned = [];

    private static CancellationToken Patience => new CancellationTokenSource(Wait.Bound).Token;

    public async ValueTask InitializeAsync()
    {
        foreach (var id in new[] { "a", "b", "c" })
            _backends.Add(await Backend.StartAsync(id));
        _registry.Set(_backends.Select(one => one.Instance()));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _owned)
            await one.DisposeAsync();
        foreach (var one in _backends)
            await one.DisposeAsync();
    }

    [Fact]
    public async Task Calls_to_the_service_go_to_its_instances_in_turn()
    {
        var client = Client();
        var answers = new List<string>();
        for (var i = 0; i < 6; i++)
            answers.Add(await client.GetStringAsync("http://orders/price/apple?quantity=2", Patience));

        Assert.All(_backends, one => Assert.Equal(2, one.Calls));
        Assert.All(answers, answer => Assert.EndsWith("/price/apple", answer, StringComparison.Ordinal));
        using var response = await client.GetAsync("http://orders/", Patience);
        Assert.Contains(response.RequestMessage!.GetBalancedEndpoint()!.Instance.Id, new[] { "a", "b", "c" });
    }

    [Fact]
    public async Task A_client_can_send_the_services_name_as_host_and_call_other_addresses_as_they_are()
    {
        var client = Client(http: options => options.UseServiceNameAsHost = true);

        Assert.Contains(" orders ", await client.GetStringAsync("https+http://orders/", Patience), StringComparison.Ordinal);
        Assert.StartsWith("b ", await client.GetStringAsync($"http://127.0.0.1:{_backends[1].Port}/", Patience), StringComparison.Ordinal);
    }

    /// <summary>Whichever of both is added first: the choice is made inside of the retries.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_retry_goes_to_another_instance(bool isBalancingFirst)
    {
        _backends[0].Does = Fails;
        _backends[1].Does = Fails;
        var client = Client(Retries, isBalancingFirst: isBalancingFirst, pool: options => options with { Outliers = new() { ConsecutiveFailures = 0 } });
        for (var i = 0; i < 6; i++)
            Assert.StartsWith("c ", await client.GetStringAsync("http://orders/", Patience), StringComparison.Ordinal);

        // Never twice to the same one: two of three fail, so each of these calls takes three attempts at most.
        Assert.Equal(6, _backends[2].Calls);
        Assert.InRange(_backends[0].Calls + _backends[1].Calls, 6, 12);
    }

    [Fact]
    public async Task Without_budget_a_failure_is_the_end_and_says_why()
    {
        _backends.ForEach(one => one.Does = Fails);
        var client = Client(Retries, pool: options => options with { RetryBudget = new() { Ratio = 0, MinPerSecond = 0 } });
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("http://orders/", Patience));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, error.StatusCode);
        Assert.Contains("retry budget for 'orders' is used up", error.Message, StringComparison.Ordinal);
        Assert.Contains("503", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, _backends.Sum(one => one.Calls));
    }

    [Fact]
    public async Task A_service_that_is_down_gets_a_fifth_more_calls_and_not_three_times_as_many()
    {
        _backends.ForEach(one => one.Does = Fails);
        var client = Client(Retries, pool: options => options with { RetryBudget = new() { MinPerSecond = 0 } });
        for (var i = 0; i < 50; i++)
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("http://orders/", Patience));

        Assert.InRange(_backends.Sum(one => one.Calls), 50, 60);
    }

    [Fact]
    public async Task A_hedge_goes_to_another_instance_while_the_first_one_hangs()
    {
        var never = new TaskCompletionSource();
        _backends[0].Does = context => never.Task.WaitAsync(context.RequestAborted);
        var client = Client(Hedges);
        for (var i = 0; i < 6; i++)
            Assert.DoesNotContain("a ", await client.GetStringAsync("http://orders/", Patience), StringComparison.Ordinal);

        Assert.InRange(_backends[0].Calls, 1, 3);
        never.SetResult();
    }

    /// <summary>A hedge that is not allowed leaves the attempt alone that is under way.</summary>
    [Fact]
    public async Task Without_budget_there_is_no_hedge_and_the_call_goes_on()
    {
        var waiting = new TaskCompletionSource();
        var refused = new TaskCompletionSource();
        _backends.ForEach(one => one.Does = async _ =>
        {
            waiting.TrySetResult();
            await refused.Task;
        });
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "concord.balancing.retries.refused")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) =>
        {
            if (waiting.Task.IsCompleted)
                refused.TrySetResult();
        });
        listener.Start();
        var client = Client(Hedges, pool: options => options with { RetryBudget = new() { Ratio = 0, MinPerSecond = 0 } });

        Assert.NotEmpty(await client.GetStringAsync("http://orders/", Patience));
        Assert.Equal(1, _backends.Sum(one => one.Calls));
    }

    [Fact]
    public async Task An_entry_of_the_registry_that_is_not_true_is_found_out()
    {
        var dead = Fleet.Instance("dead", endpoints: new Concord.Client.Registry.ServiceEndpoint("http", "127.0.0.1", TestClients.Dead().Port));
        _registry.Set([dead, .. _backends.Select(one => one.Instance())]);
        var client = Client(Retries);
        for (var i = 0; i < 40; i++)
            Assert.NotEmpty(await client.GetStringAsync("http://orders/", Patience));

        Assert.Equal("dead", Assert.Single(Status().Endpoints, one => one.IsEjected).Id);
    }

    [Fact]
    public async Task An_instance_that_drains_gets_nothing_new_at_once()
    {
        var client = Client();
        Assert.NotEmpty(await client.GetStringAsync("http://orders/", Patience));
        _registry.Set(_backends.Select((one, i) => one.Instance(state: i == 0 ? Concord.Client.Registry.InstanceState.Draining : Concord.Client.Registry.InstanceState.Passing)));
        await Wait.UntilAsync(() => Status().Endpoints.Count == 2, "the pool has heard of it");
        var before = _backends[0].Calls;
        for (var i = 0; i < 10; i++)
            Assert.NotEmpty(await client.GetStringAsync("http://orders/", Patience));

        Assert.Equal(before, _backends[0].Calls);
    }

    [Fact]
    public async Task One_zone_dark_is_no_outage()
    {
        await using var far = await Backend.StartAsync("far");
        _registry.Set([_backends[0].Instance("near"), _backends[1].Instance("near"), _backends[2].Instance("far"), far.Instance("far")]);
        var client = Client(Retries, pool: options => options with { Zone = "near", Policy = null });
        for (var i = 0; i < 20; i++)
            Assert.NotEmpty(await client.GetStringAsync("http://orders/", Patience));
        Assert.Equal(0, _backends[2].Calls + far.Calls);

        await _backends[0].DisposeAsync();
        await _backends[1].DisposeAsync();
        for (var i = 0; i < 40; i++)
            Assert.NotEmpty(await client.GetStringAsync("http://orders/", Patience));
        Assert.Equal(40, _backends[2].Calls + far.Calls);
    }

    [Fact]
    public async Task Without_servers_calls_go_on_and_a_start_takes_the_file()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"concord-{Guid.NewGuid():N}");
        try
        {
            var options = new ServiceDirectoryOptions { CacheDirectory = directory };
            var first = Client(directory: options);
            Assert.NotEmpty(await first.GetStringAsync("http://orders/", Patience));
            _registry.Interrupt();
            Assert.NotEmpty(await first.GetStringAsync("http://orders/", Patience));
            await _owned[^1].DisposeAsync();
            Assert.Single(Directory.GetFiles(directory, "*.instances.lkg"));

            var second = Client(directory: options);
            Assert.NotEmpty(await second.GetStringAsync("http://orders/", Patience));
            Assert.Equal(3, Status().Endpoints.Count);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_refused_watch_is_asked_again_and_nobody_there_is_said_in_words()
    {
        _registry.Refuses = true;
        var client = Client(directory: new() { CacheDirectory = null, FirstAnswer = TimeSpan.FromMilliseconds(20) });
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("http://orders/", Patience));
        Assert.Contains("It is not known yet who 'orders' is", error.Message, StringComparison.Ordinal);
        await Wait.UntilAsync(() => _registry.Watches > 2, "it asks again");

        _registry.Refuses = false;
        await Wait.UntilAsync(() => Status().Endpoints.Count == 3, "it follows");
        Assert.NotEmpty(await client.GetStringAsync("http://orders/", Patience));
        error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("http://billing/", Patience));
        Assert.Contains("concord service show billing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_with_the_same_key_go_to_the_same_instance()
    {
        var client = Client(pool: options => options with { Policy = BalancingPolicies.RingHash() });
        for (var user = 0; user < 20; user++)
        {
            var ids = new HashSet<string>();
            for (var i = 0; i < 3; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
                request.SetBalancingKey($"user-{user}");
                using var response = await client.SendAsync(request, Patience);
                ids.Add((await response.Content.ReadAsStringAsync(Patience))[..1]);
            }

            Assert.Single(ids);
        }

        Assert.All(_backends, one => Assert.NotEqual(0, one.Calls));
    }

    [Theory]
    [InlineData("http://orders/x", "orders", null, "http")]
    [InlineData("https+http://orders", "orders", null, "https+http")]
    [InlineData("http://_metrics.orders", "orders", "metrics", "http")]
    [InlineData("http://shop.orders", "shop.orders", null, "http")]
    [InlineData("http://127.0.0.1", null, null, null)]
    [InlineData("http://[::1]:80", null, null, null)]
    [InlineData("http://localhost:5000", null, null, null)]
    public void Addresses_name_services(string address, string? service, string? endpoint, string? schemes) => Assert.Equal(
        service is null ? null : new PoolTarget(service, endpoint, schemes!), PoolTarget.Of(new Uri(address)));

    private static Task Fails(HttpContext context)
    {
        context.Response.StatusCode = 503;
        return context.Response.WriteAsync("no");
    }

    private static void Retries(IHttpClientBuilder builder) => builder.AddStandardResilienceHandler(options =>
    {
        options.Retry.MaxRetryAttempts = 3;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.Retry.BackoffType = DelayBackoffType.Constant;
        options.Retry.UseJitter = false;
        // The breaker would hide the instances from the test.
        options.CircuitBreaker.MinimumThroughput = 10_000;
    });

    private static void Hedges(IHttpClientBuilder builder) => builder.AddStandardHedgingHandler().Configure(options =>
    {
        options.Hedging.MaxHedgedAttempts = 1;
        options.Hedging.Delay = TimeSpan.FromMilliseconds(50);
    });

    private PoolStatus Status() => ((ServiceDirectory)_owned[^1]).GetStatus().Single(one => one.Service == Fleet.Service);

    private HttpClient Client(
        Action<IHttpClientBuilder>? around = null, bool isBalancingFirst = true, Func<EndpointPoolOptions, EndpointPoolOptions>? pool = null,
        Action<ConcordHttpBalancingOptions>? http = null, ServiceDirectoryOptions? directory = null)
    {
        var services = new ServiceCollection();
        var options = new EndpointPoolOptions { Policy = BalancingPolicies.RoundRobin(1), SlowStart = new() { Window = TimeSpan.Zero } };
        var made = _registry.Directory((directory ?? new() { CacheDirectory = null }) with { PoolOptions = _ => pool?.Invoke(options) ?? options });
        services.AddSingleton(made);
        var builder = services.AddHttpClient("orders");
        if (isBalancingFirst)
            builder.AddConcordBalancing(http);
        around?.Invoke(builder);
        if (!isBalancingFirst)
            builder.AddConcordBalancing(http);
        var provider = services.BuildServiceProvider();
        _owned.Add(provider);
        _owned.Add(made);
        return provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
    }
}
