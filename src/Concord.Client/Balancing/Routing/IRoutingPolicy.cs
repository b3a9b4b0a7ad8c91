using Concord.Client.Registry;

namespace Concord.Client.Balancing.Routing;

/// <summary>
/// Decides which instances calls may go to before a balancing policy chooses one: traffic splits between versions, failover from one zone or region
/// to another, zones that are taken out. It is asked when the instances change or when it says that its own data has changed, never for each call.
/// </summary>
/// <remarks>
/// <para>What a pool does with the answer: it draws a split by the shares (or the one that the call names); in the split it goes down the
/// tiers, where a lower one gets what the ones above cannot carry (<see cref="EndpointPoolOptions.Overprovisioning"/>); in the tier the balancing
/// policy chooses. Health is the pool's: give unhealthy instances as well, else tiers cannot be told to be in need. A split in which nobody is
/// healthy leaves its share to the others.</para>
/// <para>An answer that throws is logged, and calls go to all instances: a mistake in a rule must not stop a service. An answer that has no instance at
/// all is obeyed.</para>
/// </remarks>
public interface IRoutingPolicy
{
    /// <summary>Raised when <see cref="Route"/> would answer differently. The pool asks again, on the thread that raises it.</summary>
    event Action? Changed;

    RoutingPlan Route(RoutingView view);
}

/// <summary>What a routing policy decides about.</summary>
/// <param name="Instances">
/// Those that may be called, in the order of their ids: passing, warning and critical, with a weight. Starting, draining and those in
/// maintenance are not among them.
/// </param>
/// <param name="CallerZone">The caller's zone, empty if it is not known.</param>
public sealed record RoutingView(string Service, IReadOnlyList<ServiceInstance> Instances, string CallerZone);

/// <summary>Where calls go.</summary>
/// <param name="Splits">At least one.</param>
public sealed record RoutingPlan(IReadOnlyList<RoutingSplit> Splits)
{
    /// <summary>All of these, by their weights.</summary>
    public static RoutingPlan Of(IEnumerable<ServiceInstance> instances) => Of([RoutingTier.Of(instances)]);

    /// <summary>In this order.</summary>
    public static RoutingPlan Of(IReadOnlyList<RoutingTier> tiers) => new([new RoutingSplit("", 1, tiers)]);

    /// <summary>Instead of the pool's <see cref="EndpointPoolOptions.Overprovisioning"/>, 1 or more; null: the pool's.</summary>
    public double? Overprovisioning { get; init; }
}

/// <summary>A part of the calls.</summary>
/// <param name="Name">By which a call can ask for it (<see cref="SelectionContext.Split"/>); each once.</param>
/// <param name="Share">Of the calls that do not, in relation to the other splits' shares. 0: only those that ask.</param>
/// <param name="Tiers">The first one as far as it can carry the calls, then the next.</param>
public sealed record RoutingSplit(string Name, double Share, IReadOnlyList<RoutingTier> Tiers);

/// <summary>Instances that are equally good.</summary>
public sealed record RoutingTier(IReadOnlyList<RoutedInstance> Instances)
{
    public static RoutingTier Of(IEnumerable<ServiceInstance> instances) => new([.. instances.Select(one => new RoutedInstance(one))]);
}

/// <param name="Weight">Null: the instance's own. 0 or less takes it out of its tier.</param>
public readonly record struct RoutedInstance(ServiceInstance Instance, double? Weight = null);
