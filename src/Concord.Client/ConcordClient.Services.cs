using Concord.Client.Cluster;
using Concord.Client.Configs;
using Concord.Client.Connection;
using Concord.Client.Coordination;
using Concord.Client.Kv;
using Concord.Client.Leases;
using Concord.Client.Registry;
using Concord.Client.Routing;
using Concord.Client.Users;

namespace Concord.Client;

public sealed partial class ConcordClient
{
    /// <summary>The keys and values of the store.</summary>
    public KvClient Kv => field ??= new KvClient(Invoker, _watchStream);

    /// <summary>Leases, and keys that live by them.</summary>
    public LeasesClient Leases => field ??= new LeasesClient(Invoker, _leaseStream);

    /// <summary>Locks, read-write locks and semaphores between processes.</summary>
    public LocksClient Locks => field ??= new LocksClient(Turns);

    /// <summary>Elections of a leader among processes.</summary>
    public ElectionsClient Elections => field ??= new ElectionsClient(Turns);

    /// <summary>Barriers between processes.</summary>
    public BarriersClient Barriers => field ??= new BarriersClient(Turns.Calls);

    /// <summary>Counters that processes share.</summary>
    public CountersClient Counters => field ??= new CountersClient(Turns.Calls);

    private TurnQueue Turns => new(new CoordinationCalls(_invoker, Kv, Leases, Options));

    /// <summary>Writing, publishing and inspecting configurations.</summary>
    public ConfigsClient Configs => field ??= new ConfigsClient(Invoker);

    /// <summary>Services and their instances: registering, finding, following.</summary>
    public RegistryClient Registry => field ??= new RegistryClient((FailoverInvoker)Invoker, Options);

    /// <summary>Follows how a service is to be called: traffic split, failover, maintenance.</summary>
    /// <param name="environment">Of the configuration, such as <c>prod</c>.</param>
    /// <param name="labels">What is special about the caller, for overlays; null is nothing.</param>
    /// <param name="cacheDirectory">Where the last good rules are kept for a start without servers; null: nowhere. Must not be writable by other users.</param>
    public RouteRulesFollower FollowRouting(
        string service, string environment, IReadOnlyDictionary<string, string>? labels = null, string? cacheDirectory = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentException.ThrowIfNullOrEmpty(environment);
        return new(this, service, environment, labels ?? new Dictionary<string, string>(), cacheDirectory);
    }

    /// <summary>Users, roles, and whether the servers ask for them.</summary>
    public UsersClient Users => field ??= new UsersClient(Invoker);

    /// <summary>The servers themselves.</summary>
    public ClusterClient Cluster => field ??= new ClusterClient(Invoker, Options.Endpoints.Count);
}
