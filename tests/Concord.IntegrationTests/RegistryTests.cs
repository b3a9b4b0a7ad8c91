using System.Net;
using System.Net.Sockets;
using Concord.Client;
using Concord.Client.Registry;

namespace Concord.IntegrationTests;

/// <summary>Services in a cluster whose members die.</summary>
public sealed class RegistryTests
{
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(90)).Token;

    [Fact]
    public async Task An_instance_whose_member_dies_is_taken_up_by_another_and_nobody_sees_a_change()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3);
        var addresses = cluster.Addresses.ToList();
        await using var owner = Client(addresses);
        await using var caller = Client(addresses.Skip(1));
        await using var watch = caller.Registry.WatchAsync(InstanceFilter.Of("shop"), Patience).GetAsyncEnumerator(Patience);
        Assert.Empty((await NextAsync<ServiceWatchEvent.Full>(watch)).View.Instances);

        var held = await owner.Registry.RegisterAsync(Instance("shop", "a"), new() { TimeToLive = TimeSpan.FromSeconds(30), DrainTime = TimeSpan.FromMilliseconds(500) }, Patience);
        Assert.Equal(InstanceState.Passing, Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set).State);

        var generation = held.Generation;
        await cluster.KillAsync(0);
        await UntilAsync(() => !held.IsConnected, "the loss is noticed");
        await UntilAsync(() => held.IsConnected, "another member has it");

        // The next that is seen is its end, not a loss.
        Assert.Equal(generation, held.Generation);
        var stopping = held.StopAsync();
        Assert.Equal(InstanceState.Draining, Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set).State);
        Assert.Equal("a", Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Removed).Id);
        await stopping;
        await held.DisposeAsync();
    }

    [Fact]
    public async Task The_checks_of_a_member_that_dies_are_taken_over()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3, "--check-private-targets", "127.0.0.0/8");
        await using var client = Client(cluster.Addresses.Skip(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(backlog: 512);
        var address = (IPEndPoint)listener.LocalEndpoint;
        var check = new ServiceCheck.Tcp($"{address}") { Interval = TimeSpan.FromSeconds(1) };
        for (var i = 0; i < 12; i++)
        {
            await client.Registry.RegisterPersistentAsync(Instance("web", $"i{i}"), check, Patience);
        }

        await AllAsync(InstanceState.Passing);

        // Of twelve, some were the lost member's (each is with a chance of a third); all must be found out.
        await cluster.KillAsync(0);
        listener.Stop();

        // Bound and not listened to: connections are refused, and no server of another test gets this port and answers the checks.
        using var refusing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        refusing.Bind(address);
        await AllAsync(InstanceState.Critical);

        Task AllAsync(InstanceState state) => UntilAsync(
            async () => (await ListAsync())?.All(one => one.State == state) == true, $"all are {state}");

        async Task<IReadOnlyList<ServiceInstance>?> ListAsync()
        {
            try
            {
                return (await client.Registry.ListInstancesAsync(InstanceFilter.Of("web"), Patience)).Instances;
            }
            catch (ConcordException error) when (error.IsTransient)
            {
                // The election is not over.
                return null;
            }
        }
    }

    private static InstanceRegistration Instance(string service, string id) => new() { Service = service, Id = id, Endpoints = [new ServiceEndpoint("http", "127.0.0.1", 80)] };

    private static ConcordClient Client(IEnumerable<string> addresses) => new(new ConcordClientOptions
    {
        Endpoints = [.. addresses.Select(address => new Uri(address))],
        SpreadOverEndpoints = false,
    });

    /// <summary>Interruptions are not news: the watch goes on by itself.</summary>
    private static async Task<T> NextAsync<T>(IAsyncEnumerator<ServiceWatchEvent> watch)
        where T : ServiceWatchEvent
    {
        do
        {
            Assert.True(await watch.MoveNextAsync());
        }
        while (watch.Current is ServiceWatchEvent.Interrupted);
        return Assert.IsType<T>(watch.Current);
    }

    private static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < deadline, $"still not so: {what}");
            await timer.WaitForNextTickAsync(Patience);
        }
    }
}
