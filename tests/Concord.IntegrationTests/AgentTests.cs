using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Concord.Client;
using Concord.Client.Configs;
using Concord.Client.Members;
using Concord.Client.Registry;

namespace Concord.IntegrationTests;

/// <summary>Servers that gossip, the agent of a host, and what becomes of its processes' instances.</summary>
public sealed partial class AgentTests(ITestOutputHelper output)
{
    private static readonly string[] Gossip = ["--gossip-listen", "127.0.0.1:0"];

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;

    [Fact]
    public async Task The_instances_of_a_host_that_dies_are_critical_long_before_their_time_is_over()
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await ClusterProcesses.StartAsync(3, Gossip);
        await using var caller = Client(cluster.Addresses);
        await UntilAsync(async () => (await MembersAsync(caller)).Count(one => one is { Status: GossipStatus.Alive, Role: "server" }) == 3, "the servers have found each other");
        await using var agent = await AgentProcess.StartAsync(folder["agent"], "host-a", cluster.Addresses);
        await UntilAsync(async () => (await MembersAsync(caller)).Any(one => one is { Name: "host-a", Status: GossipStatus.Alive, Role: "agent" }), "the agent is known");

        // An instance that nobody will miss for an hour, and a process that holds one.
        await using var script = Client([agent.Address]);
        await script.Registry.RegisterEphemeralAsync(Instance("shop", "quiet"), TimeSpan.FromHours(1), Patience);
        await using var process = TestProcess.Start(
            Built.CommandLine, ["service", "register", "web", "--id", "held", "--address", "http://127.0.0.1:80", "--hold", "--ttl", "60m"],
            new Dictionary<string, string> { ["CONCORD_ENDPOINTS"] = agent.Address });
        await UntilAsync(async () => await StateAsync(caller, "web", "held") == InstanceState.Passing, "the process is registered");

        var started = Stopwatch.GetTimestamp();
        await agent.Process.KillAsync();
        await process.KillAsync();
        await UntilAsync(async () => await StateAsync(caller, "web", "held") == InstanceState.Critical, "the process' instance is critical");
        var byConnection = Stopwatch.GetElapsedTime(started);
        await UntilAsync(async () => await StateAsync(caller, "shop", "quiet") == InstanceState.Critical, "the quiet one is critical");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"critical after: {byConnection.TotalSeconds:0.0} s by the broken connection, {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s by gossip"));
        var lost = Assert.Single((await caller.Registry.ListInstancesAsync(InstanceFilter.Of("shop"), Patience)).Instances);
        Assert.Contains("host-a is dead", lost.Reason, StringComparison.Ordinal);
        Assert.Equal(GossipStatus.Dead, (await MembersAsync(caller)).Single(one => one.Name == "host-a").Status);
    }

    [Fact]
    public async Task A_host_that_was_only_cut_off_gets_its_instances_back()
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await ClusterProcesses.StartAsync(3, Gossip);
        await using var caller = Client(cluster.Addresses);
        await using var agent = await AgentProcess.StartAsync(folder["agent"], "host-b", cluster.Addresses);
        await UntilAsync(async () => (await MembersAsync(caller)).Any(one => one is { Name: "host-b", Status: GossipStatus.Alive }), "the agent is known");
        await using var owner = Client([agent.Address]);
        await using var held = await owner.Registry.RegisterAsync(Instance("shop", "a"), new() { TimeToLive = TimeSpan.FromHours(1) }, Patience);
        Assert.Equal(InstanceState.Passing, await StateAsync(caller, "shop", "a"));

        // Its connections stay open, as those of a host without power do.
        var started = Stopwatch.GetTimestamp();
        agent.Process.Freeze();
        await UntilAsync(async () => await StateAsync(caller, "shop", "a") == InstanceState.Critical, "the instance is critical");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"critical {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after the host fell silent, connections open"));

        started = Stopwatch.GetTimestamp();
        agent.Process.Thaw();
        await UntilAsync(async () => await StateAsync(caller, "shop", "a") == InstanceState.Passing, "the instance is back");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"passing {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after it was back"));
    }

    [Fact]
    public async Task Processes_share_a_watch_and_are_served_while_the_servers_are_away()
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await ClusterProcesses.StartAsync(3, Gossip);
        var addresses = cluster.Addresses.ToList();
        await using var admin = Client(addresses);
        await admin.Registry.RegisterPersistentAsync(Instance("shop", "a"), null, Patience);
        await ConcordAsync(addresses[0], "config", "put", "orders/dev", "Pricing:Discount=0.10");
        await ConcordAsync(addresses[0], "config", "publish", "orders/dev", "-m", "First");
        await using var agent = await AgentProcess.StartAsync(folder["agent"], "host-c", addresses);

        // Eight processes, one watch at the servers.
        var processes = Enumerable.Range(0, 8).Select(_ => Client([agent.Address])).ToList();
        var watches = processes.Select(one => one.Registry.WatchAsync(InstanceFilter.Of("shop"), Patience).GetAsyncEnumerator(Patience)).ToList();
        foreach (var watch in watches)
        {
            Assert.Single((await NextAsync<ServiceWatchEvent.Full>(watch)).View.Instances);
        }

        Assert.Equal(1, await FollowersAsync(addresses));
        await admin.Registry.RegisterPersistentAsync(Instance("shop", "b"), null, Patience);
        foreach (var watch in watches)
        {
            Assert.Equal("b", Assert.Single((await NextAsync<ServiceWatchEvent.Changed>(watch)).Set).Id);
        }

        Assert.Equal("0.10", await DiscountAsync(processes[0]));

        // Changes go to the agent's disk once a second.
        await UntilAsync(() => Task.FromResult(IsRemembered(folder["agent"], "b")), "the agent has written the second instance");

        // All servers are gone; those that come now are given what is known.
        foreach (var index in Enumerable.Range(0, 3))
        {
            await cluster.KillAsync(index);
        }

        await using var late = Client([agent.Address]);
        await using var lateWatch = late.Registry.WatchAsync(InstanceFilter.Of("shop"), Patience).GetAsyncEnumerator(Patience);
        Assert.Equal(2, (await NextAsync<ServiceWatchEvent.Full>(lateWatch)).View.Instances.Count);
        Assert.Equal("0.10", await DiscountAsync(late));

        // Also when the agent starts anew.
        await agent.Process.KillAsync();
        await using var again = await AgentProcess.StartAsync(folder["agent"], "host-c", addresses);
        await using var later = Client([again.Address]);
        await using var laterWatch = later.Registry.WatchAsync(InstanceFilter.Of("shop"), Patience).GetAsyncEnumerator(Patience);
        Assert.Equal(["a", "b"], (await NextAsync<ServiceWatchEvent.Full>(laterWatch)).View.Instances.Select(static one => one.Id));
        await using var subscription = later.Subscribe(View);
        await subscription.WaitForServerAsync(Patience);
        Assert.Equal("0.10", subscription.Current!.Settings["Pricing:Discount"]);

        // And they are back.
        await Task.WhenAll(Enumerable.Range(0, 3).Select(cluster.StartAsync));
        await cluster.LeaderAsync();
        await ConcordAsync(addresses[0], "config", "put", "orders/dev", "Pricing:Discount=0.20");
        await ConcordAsync(addresses[0], "config", "publish", "orders/dev", "-m", "Second");
        await UntilAsync(() => Task.FromResult(subscription.Current!.Settings["Pricing:Discount"] == "0.20"), "the new release is there");
        foreach (var watch in watches)
        {
            await watch.DisposeAsync();
        }

        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }
    }

    private static ConfigurationView View => new("orders", "dev");

    /// <summary>An answer on the agent's disk has an instance of this id: its second field.</summary>
    private static bool IsRemembered(string directory, string id) => Directory.EnumerateFiles(Path.Combine(directory, "answers"))
        .Any(file => !file.EndsWith(".new", StringComparison.Ordinal) && File.ReadAllBytes(file).AsSpan().IndexOf((byte[])[2 << 3 | 2, (byte)id.Length, .. Encoding.UTF8.GetBytes(id)]) >= 0);

    private static async Task<string?> DiscountAsync(ConcordClient client)
    {
        await using var subscription = client.Subscribe(View);
        await subscription.WaitForServerAsync(Patience);
        return subscription.Current!.Settings["Pricing:Discount"];
    }

    private static async Task<IReadOnlyList<GossipMember>> MembersAsync(ConcordClient client) => (await client.Members.ListAsync(Patience)).Members;

    private static async Task<InstanceState?> StateAsync(ConcordClient client, string service, string id)
    {
        try
        {
            return (await client.Registry.ListInstancesAsync(InstanceFilter.Of(service), Patience)).Instances.SingleOrDefault(one => one.Id == id)?.State;
        }
        catch (ConcordException error) when (error.IsTransient)
        {
            return null;
        }
    }

    private static async Task<int> FollowersAsync(IEnumerable<string> addresses)
    {
        using var http = new HttpClient();
        var count = 0;
        foreach (var address in addresses)
        {
            var text = await http.GetStringAsync(address + "/metrics", Patience);
            count += int.Parse(Followers().Match(text).Groups["count"].Value, CultureInfo.InvariantCulture);
        }

        return count;
    }

    private static InstanceRegistration Instance(string service, string id) => new() { Service = service, Id = id, Endpoints = [new ServiceEndpoint("http", "127.0.0.1", 80)] };

    private static ConcordClient Client(IEnumerable<string> addresses) => new(new ConcordClientOptions
    {
        Endpoints = [.. addresses.Select(address => new Uri(address))],
        SpreadOverEndpoints = false,
    });

    private static async Task ConcordAsync(string address, params string[] arguments)
    {
        var (exitCode, said) = await TestProcess.RunAsync(Built.CommandLine, ["--endpoints", address, .. arguments]);
        Assert.True(exitCode == 0, said);
    }

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

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var deadline = DateTime.UtcNow.AddSeconds(90);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < deadline, $"still not so: {what}");
            await timer.WaitForNextTickAsync(Patience);
        }
    }

    [GeneratedRegex(@"^concord_registry_followers(?:\{[^}]*\})? (?<count>\d+)$", RegexOptions.Multiline)]
    private static partial Regex Followers();
}
