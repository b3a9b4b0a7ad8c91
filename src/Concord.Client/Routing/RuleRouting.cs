using Concord.Client.Balancing.Routing;
using Concord.Client.Registry;
using Concord.Routing;

namespace Concord.Client.Routing;

/// <summary>
/// Makes a pool follow the rules that operators have published for the service: splits become the pool's splits, the failover order its tiers, and zones in
/// maintenance are left out.
/// </summary>
public sealed class RuleRouting : IRoutingPolicy, IDisposable
{
    private readonly RouteRulesFollower _rules;
    private readonly CallerPlace _place;

    /// <param name="rules">Stays the caller's.</param>
    public RuleRouting(RouteRulesFollower rules, CallerPlace place)
    {
        ArgumentNullException.ThrowIfNull(rules);
        _rules = rules;
        _place = place;
        _rules.Changed += OnChanged;
    }

    public event Action? Changed;

    /// <summary>What of a call decides on its share of a split; <see cref="SplitHash"/> makes a key of it.</summary>
    public SplitKey SplitBy => _rules.Current.SplitBy;

    public RoutingPlan Route(RoutingView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return Plan(_rules.Current, _place, view.Instances);
    }

    public void Dispose() => _rules.Changed -= OnChanged;

    /// <summary>What the rules mean for these instances, seen from a place.</summary>
    public static RoutingPlan Plan(RouteRules rules, CallerPlace place, IReadOnlyList<ServiceInstance> instances)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(instances);
        var open = instances.Where(instance => !rules.Maintenance.ContainsKey(instance.Zone)).ToList();
        IReadOnlyList<RoutingSplit> splits = rules.Split.Count == 0
            ? [new RoutingSplit("", 1, Tiers(rules, place, open))]
            : [.. Divide(rules, open).Select(share => new RoutingSplit(share.Rule.Name, share.Rule.BasisPoints, Tiers(rules, place, share.Instances)))];
        return new(splits) { Overprovisioning = 100.0 / rules.FailoverBelow };
    }

    private static List<(RouteShare Rule, List<ServiceInstance> Instances)> Divide(RouteRules rules, List<ServiceInstance> instances)
    {
        var shares = rules.Split.Select(rule => (Rule: rule, Instances: new List<ServiceInstance>())).ToList();
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

    /// <summary>An instance is in the first step that names it; one that none names is in no tier.</summary>
    private static List<RoutingTier> Tiers(RouteRules rules, CallerPlace place, List<ServiceInstance> instances)
    {
        if (rules.Failover.Count == 0)
            return [RoutingTier.Of(instances)];
        var rest = instances;
        var tiers = new List<RoutingTier>(rules.Failover.Count);
        foreach (var step in rules.Failover)
        {
            var here = rest.ToLookup(instance => IsIn(instance, step, place));
            tiers.Add(RoutingTier.Of(here[true]));
            rest = [.. here[false]];
        }

        return tiers;
    }

    private static bool IsIn(ServiceInstance instance, FailoverStep step, CallerPlace place) => step.Kind switch
    {
        FailoverKind.OwnZone => place.Zone.Length > 0 && instance.Zone == place.Zone,
        FailoverKind.OwnRegion => place.Region.Length > 0 && instance.Region == place.Region,
        FailoverKind.Zone => instance.Zone == step.Name,
        FailoverKind.Region => instance.Region == step.Name,
        FailoverKind.Any => true,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private void OnChanged(RouteRules rules) => Changed?.Invoke();
}
