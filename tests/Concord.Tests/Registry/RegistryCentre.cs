using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Server.Registry;
using Concord.Server.Registry.Expiry;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Push;
using Concord.Server.Registry.Views;
using Concord.Server.Replica;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Registry;

/// <summary>The slice on a bare key space: no log, no network; leases end when the test says so.</summary>
internal sealed class RegistryCentre : IAsyncDisposable
{
    private readonly KeySpace _keys = new();
    private readonly Lock _lock = new();
    private readonly WatchHub _watches;
    private RegistryFollower? _follower;
    private TaskCompletionSource _authChange = new();

    public RegistryCentre(ExpiryRules? rules = null)
    {
        _watches = new(_keys.View, Time, TimeSpan.FromMinutes(10));
        Store = new()
        {
            Read = _ => new(_keys.View),
            View = () => _keys.View,
            Propose = (command, _) => new(Apply(command)),
            KeepAlive = (lease, _) => new(_keys.View.LeaseTtl(lease) ?? 0),
            OpenWatch = _watches.OpenStream,
            Member = () => "here",
            Leads = () => Leads,
            AuthChange = () => Volatile.Read(ref _authChange).Task,
        };
        Desk = new(Store, Time);
        Metrics = new(Store);
        Hub = new(Store, Time);
        Sweeper = new(Store, Signals, rules ?? new(ExpiryRules.SharePercentDefault), Time, NullLogger<ExpirySweeper>.Instance, new(() => Hosts), Metrics);
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    public RegistryStore Store { get; }

    public RegistryDesk Desk { get; }

    public RegistryHub Hub { get; }

    public RegistryMetrics Metrics { get; }

    public RegistrySignals Signals { get; } = new();

    public ExpirySweeper Sweeper { get; }

    /// <summary>What those who gossip say.</summary>
    public HostView Hosts { get; set; } = HostView.Nothing;

    public void SayOfHosts(string dead = "", string alive = "") => Hosts = new(Hosts.Version + 1, Names(dead), Names(alive));

    public bool Leads { get; set; } = true;

    public KeySpaceView View => _keys.View;

    /// <summary>Called before each write; lets a test write something in between.</summary>
    public Action? BeforeApply { get; set; }

    public static Registration Instance(
        string service, string id, string zone = "", string version = "", InstanceState state = InstanceState.Passing, bool persistent = false, HealthCheck? check = null, params string[] tags) => new(service, id)
        {
            Endpoints = [new("default", "http", "10.0.0.1", 8080)],
            Zone = zone,
            Region = "",
            Version = version,
            Weight = RegistryLimits.WeightDefault,
            Tags = tags,
            Metadata = new Dictionary<string, string>(),
            State = state,
            Reason = "",
            Persistent = persistent,
            Check = check,
        };

    public Task<Registered> RegisterAsync(string service, string id, string zone = "", string version = "", InstanceState state = InstanceState.Passing, params string[] tags) =>
        Desk.RegisterAsync(Instance(service, id, zone, version, state, tags: tags), 0, 10, default);

    public RegistryInstance? Find(string service, string id) => Store.State().Instance(service, id);

    public static InstanceQuery Query(string service = "", string prefix = "", string tag = "", string zone = "", string version = "", bool healthy = false, params InstanceState[] states) =>
        InstanceQuery.From(service, prefix, tag.Length == 0 ? [] : [tag], zone, version, states, healthy, "");

    public ResolvedInstances Resolve(InstanceQuery query) => ResolvedInstances.Of(Store.State(), query);

    /// <summary>As <c>a b c</c>.</summary>
    public string Ids(InstanceQuery query) => string.Join(' ', Resolve(query).Instances.Select(one => one.Id));

    /// <summary>The time to live of instances is over.</summary>
    public void EndLeases(string service, params string[] ids) =>
        Apply(new LeaseExpireCommand([.. ids.Select(id => new LeaseId(Find(service, id)!.Lease))]));

    /// <summary>Users and rights, by root.</summary>
    public void Change(params AuthChange[] changes)
    {
        foreach (var change in changes)
        {
            Assert.Equal(StoreError.None, Apply(new AuthCommand(change) { Caller = new("root", long.MaxValue) }).Error);
        }

        Interlocked.Exchange(ref _authChange, new()).SetResult();
    }

    public void Compact() => Apply(new CompactCommand(_keys.View.Revision));

    public async Task StartHubAsync()
    {
        _follower = new(Store, Hub, Signals, Time, NullLogger<RegistryFollower>.Instance);
        await _follower.StartAsync(default);
    }

    public async ValueTask DisposeAsync()
    {
        if (_follower is not null)
        {
            await _follower.StopAsync(default);
            _follower.Dispose();
        }

        Sweeper.Dispose();
        Hub.Dispose();
        _watches.Dispose();
    }

    private static HashSet<string> Names(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    private CommandResult Apply(Command command)
    {
        var before = BeforeApply;
        BeforeApply = null;
        before?.Invoke();
        lock (_lock)
        {
            var result = _keys.Apply(command);
            _watches.Notify(_keys.Publish());
            return result;
        }
    }
}
