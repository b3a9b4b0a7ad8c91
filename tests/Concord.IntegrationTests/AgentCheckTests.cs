using System.Net;
using System.Net.Sockets;
using System.Text;
using Concord.Client;
using Concord.Client.Registry;
using Grpc.Core;
using V1 = Concord.Protocol.V1;

namespace Concord.IntegrationTests;

/// <summary>
/// The agent of a host looks at the host's instances. Where they listen, on loopback, no server may look: what a server finds there is that it
/// may not.
/// </summary>
public sealed class AgentCheckTests : IAsyncDisposable
{
    private const string NotTheServers = "the servers check there only if";

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(240));
    private readonly Target _target = new();

    private CancellationToken Patience => _patience.Token;

    public async ValueTask DisposeAsync()
    {
        await _target.DisposeAsync();
        _patience.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_agent_looks_at_its_instances_also_after_a_restart_and_the_servers_do_when_it_is_gone()
    {
        await using var cluster = await ClusterProcesses.StartAsync(1, "--gossip-listen", "127.0.0.1:0");
        await using var caller = Client(cluster.Addresses);
        var agent = await AgentProcess.StartAsync(_folder["agent"], "host-a", cluster.Addresses);
        await agent.Process.WaitForLineAsync(static line => line.Contains("Looking at 0 instances", StringComparison.Ordinal));
        await using (var process = Client([agent.Address]))
        {
            await process.Registry.RegisterPersistentAsync(Instance("a"), Check(_target.Url), Patience);
        }

        // A watch sees every state that there is, so also one that a server would bring.
        await using var watch = caller.Registry.WatchAsync(InstanceFilter.Of("web"), Patience).GetAsyncEnumerator(Patience);
        Assert.Equal("", (await UntilAsync(watch, InstanceState.Passing)).Reason);
        _target.Status = 500;
        Assert.Equal("HTTP 500", (await UntilAsync(watch, InstanceState.Critical)).Reason);
        _target.Status = 200;
        var back = await UntilAsync(watch, InstanceState.Passing);
        Assert.Equal(("", "host-a"), (back.Reason, back.Node));

        // The agent starts anew; no process registers again.
        await agent.Process.TerminateAsync();
        await agent.DisposeAsync();
        agent = await AgentProcess.StartAsync(_folder["agent"], "host-a", cluster.Addresses);
        await agent.Process.WaitForLineAsync(static line => line.Contains("Looking at 1 instances", StringComparison.Ordinal));
        _target.Status = 503;
        Assert.Equal("HTTP 503", (await UntilAsync(watch, InstanceState.Critical)).Reason);
        _target.Status = 200;
        Assert.Equal("", (await UntilAsync(watch, InstanceState.Passing)).Reason);

        // It is gone for good: now it is the servers', and they may not.
        await agent.Process.TerminateAsync();
        await agent.DisposeAsync();
        Assert.Contains(NotTheServers, (await UntilAsync(watch, InstanceState.Critical)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Looking_goes_on_while_the_servers_are_away_and_what_was_found_is_told_when_they_are_back()
    {
        await using var cluster = await ClusterProcesses.StartAsync(1, "--gossip-listen", "127.0.0.1:0");
        var agent = await AgentProcess.StartAsync(_folder["agent"], "host-b", cluster.Addresses);
        await agent.Process.WaitForLineAsync(static line => line.Contains("Looking at 0 instances", StringComparison.Ordinal));
        await using (var process = Client([agent.Address]))
        {
            await process.Registry.RegisterPersistentAsync(Instance("a"), Check(_target.Url), Patience);
        }

        await using (var caller = Client(cluster.Addresses))
        {
            await using var watch = caller.Registry.WatchAsync(InstanceFilter.Of("web"), Patience).GetAsyncEnumerator(Patience);
            await UntilAsync(watch, InstanceState.Passing);
        }

        // It remembers what it looks at, a second later.
        await UntilAsync(() => Directory.GetFiles(Path.Combine(_folder["agent"], "answers")).Any(file => File.ReadAllText(file).Contains(_target.Url, StringComparison.Ordinal)));
        await cluster.KillAsync(0);
        await LooksAsync(2);

        // Neither a start anew without servers stops it.
        await agent.Process.KillAsync();
        await agent.DisposeAsync();
        _target.Status = 500;
        agent = await AgentProcess.StartAsync(_folder["agent"], "host-b", cluster.Addresses);
        await LooksAsync(3);
        await cluster.StartAsync(0);
        await using var late = Client(cluster.Addresses);
        await using var lateWatch = late.Registry.WatchAsync(InstanceFilter.Of("web"), Patience).GetAsyncEnumerator(Patience);
        Assert.Equal("HTTP 500", (await UntilAsync(lateWatch, InstanceState.Critical)).Reason);
        _target.Status = 200;
        Assert.Equal("", (await UntilAsync(lateWatch, InstanceState.Passing)).Reason);
        await agent.DisposeAsync();
    }

    [Fact]
    public async Task Who_only_says_that_it_comes_through_an_agent_does_not_get_it_to_look_at_its_host()
    {
        await using var cluster = await ClusterProcesses.StartAsync(1, "--gossip-listen", "127.0.0.1:0");
        await using var agent = await AgentProcess.StartAsync(_folder["agent"], "host-c", cluster.Addresses);
        await agent.Process.WaitForLineAsync(static line => line.Contains("Looking at 0 instances", StringComparison.Ordinal));
        await new V1.Registry.RegistryClient(cluster[0].Channel).RegisterInstanceAsync(
            new()
            {
                Instance = new() { Service = "web", Id = "forged", Persistent = true, Check = new() { Http = new() { Url = _target.Url }, IntervalMs = 1000 } },
            },
            new CallOptions(new() { { "concord-node", "host-c" } }, cancellationToken: Patience));
        await using var caller = Client(cluster.Addresses);
        await using var watch = caller.Registry.WatchAsync(InstanceFilter.Of("web"), Patience).GetAsyncEnumerator(Patience);
        Assert.Contains("the agent host-c checks there only what it has seen registered", (await UntilAsync(watch, InstanceState.Critical)).Reason, StringComparison.Ordinal);
        Assert.Equal(0, _target.Looks);
    }

    private static InstanceRegistration Instance(string id) => new() { Service = "web", Id = id, Endpoints = [new ServiceEndpoint("http", "127.0.0.1", 80)] };

    private static ServiceCheck.Http Check(string url) => new(url) { Interval = TimeSpan.FromSeconds(1), FailuresBeforeCritical = 2, SuccessesBeforePassing = 1 };

    private static ConcordClient Client(IEnumerable<string> addresses) => new(new ConcordClientOptions { Endpoints = [.. addresses.Select(static address => new Uri(address))] });

    /// <summary>Until the instance is in this state. What it is on the way must not come from a server, unless that is what is waited for.</summary>
    private static async Task<ServiceInstance> UntilAsync(IAsyncEnumerator<ServiceWatchEvent> watch, InstanceState state)
    {
        while (true)
        {
            Assert.True(await watch.MoveNextAsync());
            var instances = watch.Current switch
            {
                ServiceWatchEvent.Full full => full.View.Instances,
                ServiceWatchEvent.Changed changed => changed.Set,
                _ => [],
            };
            if (instances.SingleOrDefault() is { } one)
            {
                if (one.State == state)
                {
                    return one;
                }

                Assert.DoesNotContain(NotTheServers, one.Reason, StringComparison.Ordinal);
            }
        }
    }

    private async Task LooksAsync(int count)
    {
        var end = _target.Looks + count;
        await UntilAsync(() => _target.Looks >= end);
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(Patience);
        }
    }

    /// <summary>Answers each request with the same status, and counts.</summary>
    private sealed class Target : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;
        private int _looks;
        private volatile int _status = 200;

        public Target()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public string Url => $"http://{_listener.LocalEndpoint}/health";

        public int Looks => Volatile.Read(ref _looks);

        public int Status
        {
            set => _status = value;
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private async Task ServeAsync()
        {
            var buffer = new byte[4096];
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                try
                {
                    var stream = client.GetStream();
                    if (await stream.ReadAsync(buffer) > 0)
                    {
                        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {_status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                        Interlocked.Increment(ref _looks);
                    }
                }
                catch (IOException)
                {
                    // It has heard enough, or was killed.
                }
            }
        }
    }
}
