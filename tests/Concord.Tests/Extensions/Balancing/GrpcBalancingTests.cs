using System.Collections.Concurrent;
using Concord.Client.Balancing;
using Concord.Client.Balancing.Following;
using Concord.Tests.Client;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Tests.Extensions.Balancing;

/// <summary>A gRPC channel to <c>concord:///orders</c> and real servers behind it.</summary>
public sealed class GrpcBalancingTests : IAsyncLifetime
{
    private readonly FakeRegistry _registry = new();
    private readonly ConcurrentDictionary<string, int> _calls = [];
    private readonly List<Backend> _backends = [];
    private ServiceDirectory? _directory;
    private ServiceProvider? _services;
    private GrpcChannel? _channel;

    private static CancellationToken Patience => new CancellationTokenSource(Wait.Bound).Token;

    public async ValueTask InitializeAsync()
    {
        foreach (var id in new[] { "a", "b", "c" })
            _backends.Add(await StartAsync(id));
        _registry.Set(_backends.Select(one => one.Instance(scheme: "grpc")));
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_services is not null)
            await _services.DisposeAsync();
        if (_directory is not null)
            await _directory.DisposeAsync();
        foreach (var one in _backends)
            await one.DisposeAsync();
    }

    [Fact]
    public async Task Calls_are_spread_by_the_pools_policy()
    {
        var client = Client(BalancingPolicies.RoundRobin(1));
        await Wait.UntilAsync(
            async () =>
            {
                await CallAsync(client);
                return _calls.Count == 3;
            },
            "all three are connected");
        _calls.Clear();
        for (var i = 0; i < 30; i++)
            await CallAsync(client);

        Assert.All(_calls.Values, count => Assert.Equal(10, count));
        Assert.Equal(3, _calls.Count);
        Assert.All(_directory!.GetStatus()[0].Endpoints, one => Assert.Equal(0, one.Active));
    }

    [Fact]
    public async Task Those_that_come_and_go_are_followed_and_a_registration_anew_keeps_its_connection()
    {
        var client = Client(BalancingPolicies.RoundRobin(1));
        await CallAsync(client);
        await using var late = await StartAsync("late");
        _registry.Set(_backends[0].Instance(scheme: "grpc", generation: 7), late.Instance(scheme: "grpc"));
        await Wait.UntilAsync(
            async () =>
            {
                _calls.Clear();
                for (var i = 0; i < 10; i++)
                    await CallAsync(client);
                return _calls.Keys.Order().SequenceEqual(["a", "late"]);
            },
            "calls go to those that are there now");
    }

    [Fact]
    public async Task Calls_with_a_key_stay_together()
    {
        var client = Client(BalancingPolicies.RingHash());
        for (var i = 0; i < 60; i++)
            await CallAsync(client);
        for (var user = 0; user < 10; user++)
        {
            _calls.Clear();
            for (var i = 0; i < 5; i++)
                await CallAsync(client, new() { { "concord-balancing-key", $"user-{user}" } });
            Assert.Single(_calls);
        }
    }

    [Fact]
    public async Task One_that_is_gone_is_not_called()
    {
        var client = Client(BalancingPolicies.RoundRobin(1));
        for (var i = 0; i < 10; i++)
            await CallAsync(client);
        await _backends[1].DisposeAsync();
        _calls.Clear();
        var answers = 0;
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    await CallAsync(client);
                    answers++;
                }
                catch (RpcException)
                {
                    // The call that notices that the connection is gone.
                    answers = 0;
                }

                return answers == 20;
            },
            "twenty calls in a row succeed");
        Assert.DoesNotContain("b", _calls.Keys);
    }

    [Fact]
    public async Task Without_instances_a_call_says_so()
    {
        _registry.Set();
        var client = Client(BalancingPolicies.RoundRobin(1));
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(client));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("No instance of 'orders' may be called", error.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task CallAsync(Health.HealthClient client, Metadata? headers = null) =>
        await client.CheckAsync(new HealthCheckRequest(), headers, cancellationToken: Patience);

    private Task<Backend> StartAsync(string id) => Backend.StartAsync(
        id,
        http2: true,
        services =>
        {
            services.AddGrpc();
            services.AddSingleton(new Counted(() => _calls.AddOrUpdate(id, 1, (_, count) => count + 1)));
        },
        app => app.MapGrpcService<Answering>());

    private Health.HealthClient Client(IBalancingPolicy policy)
    {
        _directory = _registry.Directory(new() { CacheDirectory = null, PoolOptions = _ => new() { Policy = policy, SlowStart = new() { Window = TimeSpan.Zero } } });
        var services = new ServiceCollection();
        services.AddSingleton(_directory);
        services.AddConcordGrpcBalancing();
        _services = services.BuildServiceProvider();
        _channel = GrpcChannel.ForAddress("concord:///orders", new() { ServiceProvider = _services, Credentials = ChannelCredentials.Insecure });
        return new(_channel);
    }

    public sealed record Counted(Action Count);

    public sealed class Answering(Counted counted) : Health.HealthBase
    {
        public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
        {
            counted.Count();
            return Task.FromResult(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving });
        }
    }
}
