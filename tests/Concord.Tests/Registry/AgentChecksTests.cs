using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Concord.Checks;
using Concord.Protocol.V1;
using Concord.Server.Registry;
using Concord.Server.Registry.Checks;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Rpc;
using Concord.Tests.Client;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using InstanceState = Concord.Server.Registry.Model.InstanceState;

namespace Concord.Tests.Registry;

/// <summary>Which checks are an agent's and which the servers', and what an agent is told and may say.</summary>
public sealed class AgentChecksTests : IAsyncDisposable
{
    private static readonly IPNetwork Loopback = IPNetwork.Parse("127.0.0.0/8");

    private readonly RegistryCentre _centre = new();
    private readonly CheckBoard _board = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HealthProbes _probes = new(new([Loopback], []));
    private readonly CheckRunner _runner;
    private int _looks;
    private Task _serving = Task.CompletedTask;

    public AgentChecksTests() => _runner = new(
        _centre.Store, _centre.Signals, _board, _probes, _centre.Time, NullLogger<CheckRunner>.Instance, new(() => _centre.Hosts));

    private HealthCheck Target => HealthCheck.From(HealthCheckKind.Tcp, _listener.LocalEndpoint.ToString()!, "", "", 0, 1000, 5000, 2, 3, [], "check");

    public async ValueTask DisposeAsync()
    {
        await _runner.StopAsync(default);
        _runner.Dispose();
        _probes.Dispose();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _centre.DisposeAsync();
    }

    [Fact]
    public async Task The_servers_leave_the_instances_of_an_agent_that_looks_to_it_and_take_them_when_it_is_gone()
    {
        await StartAsync();
        Say(checking: "host-a");
        await RegisterAsync("a", "host-a");
        var own = await RegisterAsync("own", null);

        // Theirs is looked at all the time; the agent's is not.
        await UntilAsync(() => _centre.Find("web", "own")!.State == InstanceState.Passing);
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((1, InstanceState.Starting), (_runner.RunningCount, _centre.Find("web", "a")!.State));
        await _centre.Desk.DeregisterAsync("web", "own", own.Generation, default);
        await UntilAsync(() => _runner.RunningCount == 0);
        Assert.Empty(_centre.Store.State().Checkers());

        // It is gone, perhaps only to start anew: for a while nobody looks.
        Say();
        var looks = Volatile.Read(ref _looks);
        var left = _centre.Time.GetTimestamp();
        await UntilAsync(() => _centre.Find("web", "a")!.State == InstanceState.Passing);
        Assert.True(_centre.Time.GetElapsedTime(left) >= CheckHosts.Patience, $"after {_centre.Time.GetElapsedTime(left)}");
        Assert.True(Volatile.Read(ref _looks) > looks);

        // And it is back.
        Say(checking: "host-a");
        await UntilAsync(() => _runner.RunningCount == 0);
    }

    [Fact]
    public async Task Without_gossip_the_servers_look_at_everything_at_once()
    {
        _ = AcceptAsync();
        await _centre.StartHubAsync();
        using var runner = new CheckRunner(_centre.Store, _centre.Signals, new(), _probes, _centre.Time, NullLogger<CheckRunner>.Instance);
        await runner.StartAsync(default);
        var begun = _centre.Time.GetTimestamp();
        await RegisterAsync("a", "host-a");
        await UntilAsync(() => runner.RunningCount == 1);
        Assert.True(_centre.Time.GetElapsedTime(begun) < CheckHosts.Patience);
        await runner.StopAsync(default);
    }

    [Fact]
    public async Task What_the_servers_see_of_a_dead_host_does_not_bring_its_instances_back()
    {
        await StartAsync();
        Say(dead: "host-a");
        await RegisterAsync("a", "host-a", InstanceState.Passing);
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(InstanceState.Critical, _centre.Find("web", "a")!.State);

        // The servers reach it well: only its agent is gone.
        await UntilAsync(() => Volatile.Read(ref _looks) >= 5);
        Assert.Equal(InstanceState.Critical, _centre.Find("web", "a")!.State);

        // Forgotten by those who gossip, it is an instance like others.
        Say();
        await UntilAsync(() => _centre.Find("web", "a")!.State == InstanceState.Passing);
    }

    [Fact]
    public async Task An_agent_is_told_what_is_its_own_and_every_change_of_it()
    {
        await StartAsync();
        Say(checking: "host-a");
        var first = await RegisterAsync("a", "host-a");
        await RegisterAsync("other", "host-b");
        await RegisterAsync("nobody", null);
        await Agent("host-a").RegisterAsync(RegistryCentre.Instance("web", "unchecked", persistent: true), 0, 0, default);
        await UntilAsync(() => _board.Count == 3);
        using var stream = Watch("host-a");

        var all = await stream.NextAsync();
        var one = Assert.Single(all.Set);
        Assert.Equal((true, "a", first.Generation, Protocol.V1.InstanceState.Starting), (all.Full, one.Id, one.Generation, one.State));
        Assert.Equal(Target.Target, one.Check.Tcp.Address);

        await _centre.Desk.SetStateAsync("web", "a", 0, InstanceState.Draining, "", default);
        Assert.Equal(Protocol.V1.InstanceState.Draining, Assert.Single((await stream.NextAsync()).Set).State);
        await RegisterAsync("b", "host-a");
        Assert.Equal("b", Assert.Single((await stream.NextAsync()).Set).Id);

        // Registered again elsewhere, and gone.
        await RegisterAsync("a", "host-b");
        var moved = await stream.NextAsync();
        Assert.Equal("a", Assert.Single(moved.Removed).Id);
        await _centre.Desk.DeregisterAsync("web", "b", 0, default);
        Assert.Equal("b", Assert.Single((await stream.NextAsync()).Removed).Id);

        // A host that is lost: what it gets back is what the agent knows.
        await RegisterAsync("c", "host-a", InstanceState.Passing);
        Assert.Equal("c", Assert.Single((await stream.NextAsync()).Set).Id);
        Say(dead: "host-a");
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(Protocol.V1.InstanceState.Passing, Assert.Single((await stream.NextAsync()).Set).State);
        Assert.Equal(InstanceState.Critical, _centre.Find("web", "c")!.State);
    }

    [Fact]
    public async Task A_long_list_comes_in_parts_and_silence_is_broken_by_a_sign_of_life()
    {
        await StartAsync();
        Say(checking: "host-a");
        for (var n = 0; n < 1100; n++)
        {
            await RegisterAsync($"i{n}", "host-a");
        }

        await UntilAsync(() => _board.Count == 1100);
        using var stream = Watch("host-a");
        List<WatchChecksResponse> parts = [await stream.NextAsync(), await stream.NextAsync(), await stream.NextAsync()];
        Assert.Equal([(true, true, 500), (false, true, 500), (false, false, 100)], parts.Select(static one => (one.Full, one.More, one.Set.Count)));
        Assert.Equal(1100, parts.SelectMany(static one => one.Set).Select(static one => one.Id).Distinct().Count());
        await stream.SignOfLifeAsync();
    }

    [Fact]
    public async Task An_agent_reports_on_its_own_instances_of_the_generation_that_it_was_told()
    {
        var old = await RegisterAsync("a", "host-a");
        var now = await RegisterAsync("a", "host-a");
        await RegisterAsync("other", "host-b");

        Assert.NotNull(await ReportAsync("a", now.Generation, InstanceState.Critical, "HTTP 500"));
        Assert.Equal((InstanceState.Critical, "HTTP 500"), (_centre.Find("web", "a")!.State, _centre.Find("web", "a")!.Reason));
        Assert.Null(await ReportAsync("a", now.Generation, InstanceState.Critical, "HTTP 500"));
        Assert.Equal(RegistryErrorCode.Superseded, (await RefusedAsync("a", old.Generation, InstanceState.Passing)).Code);
        Assert.Equal("id", (await RefusedAsync("other", _centre.Find("web", "other")!.Record.Generation, InstanceState.Passing)).Field);
        Assert.Equal("generation", (await RefusedAsync("a", 0, InstanceState.Passing)).Field);
        Assert.Equal("state", (await RefusedAsync("a", now.Generation, InstanceState.Draining)).Field);
        var nobody = await Assert.ThrowsAsync<RegistryException>(() => _centre.Desk.ReportAsync("web", "a", now.Generation, InstanceState.Passing, "", default));
        Assert.Equal("Concord-Node", nobody.Error.Field);

        await _centre.Desk.SetStateAsync("web", "a", 0, InstanceState.Draining, "", default);
        Assert.Null(await ReportAsync("a", now.Generation, InstanceState.Passing, ""));
        Assert.Equal(InstanceState.Draining, _centre.Find("web", "a")!.State);
    }

    [Fact]
    public async Task Gossip_decides_about_a_host_and_its_agent_about_what_it_gets_back()
    {
        var one = await RegisterAsync("a", "host-a", InstanceState.Passing);
        Say(dead: "host-a");
        await _centre.Sweeper.RunOnceAsync(default);

        // The agent lives and reaches the servers, but is not heard by those who gossip.
        Assert.Null(await ReportAsync("a", one.Generation, InstanceState.Passing, ""));
        Assert.NotNull(await ReportAsync("a", one.Generation, InstanceState.Warning, "slow"));
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(InstanceState.Critical, _centre.Find("web", "a")!.State);
        Say(alive: "host-a");
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(InstanceState.Warning, _centre.Find("web", "a")!.State);

        // What it finds to fail does not come back with the host.
        Say(dead: "host-a");
        await _centre.Sweeper.RunOnceAsync(default);
        await ReportAsync("a", one.Generation, InstanceState.Critical, "HTTP 500");
        Say(alive: "host-a");
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal((InstanceState.Critical, "HTTP 500"), (_centre.Find("web", "a")!.State, _centre.Find("web", "a")!.Reason));
    }

    private Task StartAsync()
    {
        _listener.Start();
        _serving = AcceptAsync();
        return Task.WhenAll(_centre.StartHubAsync(), _runner.StartAsync(default));
    }

    private async Task AcceptAsync()
    {
        _listener.Start();
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            Interlocked.Increment(ref _looks);
        }
    }

    private void Say(string dead = "", string alive = "", string checking = "")
    {
        _centre.SayOfHosts(dead, $"{alive} {checking}");
        _centre.Hosts = _centre.Hosts with { Checking = new HashSet<string>(checking.Split(' ', StringSplitOptions.RemoveEmptyEntries)) };
    }

    private RegistryDesk Agent(string? node) => new(_centre.Store, _centre.Time) { Node = node };

    private Task<Registered> RegisterAsync(string id, string? node, InstanceState state = InstanceState.Starting)
    {
        _listener.Start();
        return Agent(node).RegisterAsync(RegistryCentre.Instance("web", id, state: state, persistent: true, check: Target), 0, 0, default);
    }

    private Task<long?> ReportAsync(string id, long generation, InstanceState state, string reason) => Agent("host-a").ReportAsync("web", id, generation, state, reason, default);

    private async Task<RegistryError> RefusedAsync(string id, long generation, InstanceState state) =>
        (await Assert.ThrowsAsync<RegistryException>(() => ReportAsync(id, generation, state, ""))).Error;

    private CheckStream Watch(string node) => new(new AgentChecks(node, _board, _centre.Store, _centre.Time), () => _centre.Time.Advance(TimeSpan.FromMilliseconds(50)));

    private Task UntilAsync(Func<bool> condition) => Wait.UntilAsync(
        () =>
        {
            _centre.Time.Advance(TimeSpan.FromMilliseconds(200));
            return condition();
        },
        "the servers have looked");

    private Task PassAsync(TimeSpan time)
    {
        var begun = _centre.Time.GetTimestamp();
        return UntilAsync(() => _centre.Time.GetElapsedTime(begun) >= time);
    }

    private sealed class CheckStream : IServerStreamWriter<WatchChecksResponse>, IDisposable
    {
        private readonly Channel<WatchChecksResponse> _messages = Channel.CreateUnbounded<WatchChecksResponse>();
        private readonly CancellationTokenSource _stop = new();
        private readonly Action _tick;
        private readonly Task _running;

        public CheckStream(AgentChecks checks, Action tick)
        {
            _tick = tick;
            _running = checks.RunAsync(this, _stop.Token);
        }

        public WriteOptions? WriteOptions { get; set; }

        /// <summary>The next message that says something.</summary>
        public Task<WatchChecksResponse> NextAsync() => NextAsync(isSign: false);

        public Task<WatchChecksResponse> SignOfLifeAsync() => NextAsync(isSign: true);

        private async Task<WatchChecksResponse> NextAsync(bool isSign)
        {
            WatchChecksResponse? next = null;
            await Wait.UntilAsync(
                () =>
                {
                    _tick();
                    Assert.False(_running.IsFaulted, _running.Exception?.ToString());
                    return _messages.Reader.TryRead(out next) && isSign == (!next.Full && next.Set.Count + next.Removed.Count == 0);
                },
                "the agent is told");
            return next!;
        }

        public Task WriteAsync(WatchChecksResponse message)
        {
            _messages.Writer.TryWrite(message);
            return Task.CompletedTask;
        }

        public Task WriteAsync(WatchChecksResponse message, CancellationToken cancellationToken) => WriteAsync(message);

        public void Dispose()
        {
            _stop.Cancel();
            _stop.Dispose();
        }
    }
}
