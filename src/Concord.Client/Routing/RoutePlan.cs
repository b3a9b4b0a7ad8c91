using Concord.Client.Registry;
using Concord.Routing;

namespace Concord.Client.Routing;

/// <summary>
/// The rules of a service as one caller has to follow them. Laid over the instances it becomes a <see cref="RouteTable"/>, anew with each change of either.
/// </summary>
/// <remarks>
/// Failover counts weights as capacity. A step of which a part h serves takes min(1, h / <see cref="RouteRules.FailoverBelow"/>) of the callers
/// that came to it, the next step the rest in the same way; when all together take less than everybody, each takes more in proportion. That is
/// Envoy's rule for priorities ("Priority levels", Envoy's documentation of load balancing).
/// </remarks>
/// <param name="service">Its name is part of what decides on a share, so that the same people are not the first in every service's split.</param>
public sealed class RoutePlan(string service, RouteRules rules, CallerPlace place)
{
    internal const int Whole = 10_000;

    public string Service { get; } = service;

    public RouteRules Rules { get; } = rules;

    public CallerPlace Place { get; } = place;

    /// <summary>Whether an instance may be sent calls by its state and weight.</summary>
    /// <param name="panic">Too few of the service are healthy: critical ones count as well (<see cref="ServiceSummary.Panic"/>).</param>
    public static bool Serves(ServiceInstance instance, bool panic)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.Weight > 0 && (instance.State is InstanceState.Passing or InstanceState.Warning || (panic && instance.State == InstanceState.Critical));
    }

    /// <summary>Who gets which share of the calls now.</summary>
    /// <param name="view">Instances of other services in it are passed over. One that holds only healthy instances knows nothing of a
    /// zone that is half dead, so failover acts when none is left.</param>
    public RouteTable Over(ServiceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var panic = false;
        foreach (var service in view.Services)
            panic |= service.Name == Service && service.Panic;
        return Over(view.Instances.Where(instance => instance.Service == Service), panic);
    }

    /// <inheritdoc cref="Over(ServiceView)"/>
    public RouteTable Over(IEnumerable<ServiceInstance> instances, bool panic = false)
    {
        ArgumentNullException.ThrowIfNull(instances);
        var all = instances.ToList();
        var open = all.Where(instance => !Rules.Maintenance.ContainsKey(instance.Zone)).ToList();
        var shares = Rules.Split.Count == 0
            ? [new RouteTable.Share("", Whole, Steps(open, panic))]
            : Divide(open).Select(share => new RouteTable.Share(share.Rule.Name, share.Rule.BasisPoints, Steps(share.Instances, panic))).ToArray();
        return new(Service, shares, Rules.FailsWhenEmpty, WhyEmpty(all, open, panic));
    }

    private List<(RouteShare Rule, List<ServiceInstance> Instances)> Divide(List<ServiceInstance> instances)
    {
        var shares = Rules.Split.Select(rule => (Rule: rule, Instances: new List<ServiceInstance>())).ToList();
        foreach (var instance in instances)
        {
            if (shares.FindIndex(share => Fits(instance, share.Rule)) is >= 0 and var index)
                shares[index].Instances.Add(instance);
        }

        return shares;
    }

    private static bool Fits(ServiceInstance instance, RouteShare rule) =>
        (rule.Version.Length == 0 || instance.Version == rule.Version || (rule.Version[^1] == '*' && instance.Version.StartsWith(rule.Version[..^1], StringComparison.Ordinal)))
        && rule.Tags.All(instance.Tags.Contains)
        && rule.Labels.All(label => instance.Metadata.TryGetValue(label.Key, out var value) && value == label.Value);

    private RouteGroup[] Steps(List<ServiceInstance> instances, bool panic)
    {
        var rest = instances;
        var groups = new List<(FailoverStep Step, List<ServiceInstance> Serving, long Capacity, long Total)>();
        foreach (var step in Rules.Failover.Count == 0 ? [FailoverStep.Any] : Rules.Failover)
        {
            var here = rest.Where(instance => IsIn(instance, step)).ToList();
            rest = rest.Except(here).ToList();
            var serving = here.Where(instance => Serves(instance, panic)).ToList();
            if (serving.Count > 0)
                groups.Add((step, serving, serving.Sum(instance => (long)instance.Weight), here.Where(Counts).Sum(instance => (long)instance.Weight)));
        }

        // What each step could take, in 1/10000 of all callers, before it is known whether that is enough for everybody.
        var able = groups.Select(group => (int)Math.Min(Whole, group.Capacity * Whole * 100 / (Math.Max(group.Total, group.Capacity) * Rules.FailoverBelow))).ToList();
        var enough = Math.Max(1, Math.Min(Whole, able.Sum()));
        var left = Whole;
        var result = new RouteGroup[groups.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var load = i == result.Length - 1 && able.Sum() <= Whole ? left : Math.Min(left, (int)((long)able[i] * Whole / enough));
            left -= load;
            result[i] = new(groups[i].Step, load, groups[i].Serving);
        }

        return result;
    }

    /// <summary>Capacity that should be there: one that leaves, or was taken out of service, is missed by nobody.</summary>
    private static bool Counts(ServiceInstance instance) => instance.State is not (InstanceState.Draining or InstanceState.Maintenance);

    private bool IsIn(ServiceInstance instance, FailoverStep step) => step.Kind switch
    {
        FailoverKind.OwnZone => Place.Zone.Length > 0 && instance.Zone == Place.Zone,
        FailoverKind.OwnRegion => Place.Region.Length > 0 && instance.Region == Place.Region,
        FailoverKind.Zone => instance.Zone == step.Name,
        FailoverKind.Region => instance.Region == step.Name,
        FailoverKind.Any => true,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private string WhyEmpty(List<ServiceInstance> all, List<ServiceInstance> open, bool panic)
    {
        if (all.Count == 0)
            return $"The registry has no instance of {Service}.";
        var zones = string.Join(", ", all.Except(open).Select(instance => instance.Zone).Distinct().Order(StringComparer.Ordinal));
        var closed = zones.Length == 0 ? "" : $" Its routing has these zones in maintenance: {zones}.";
        var serving = open.Count(instance => Serves(instance, panic));
        return serving == 0
            ? $"None of the {all.Count} instances of {Service} may be called.{closed}"
            : $"The routing of {Service} gives this caller none of the {serving} instances that serve.{closed}";
    }
}
