using Concord.Client.Registry;

namespace Concord.Client.Balancing.Routing;

/// <summary>Makes a table of a plan and of how the endpoints do.</summary>
internal sealed class RouteBuilder(IBalancingPolicy policy, EndpointPoolOptions options)
{
    /// <param name="find">The endpoint of an instance, if it is one that may be called.</param>
    /// <param name="ramp">Which part of its share it gets at present.</param>
    public RouteTable Build(
        RoutingPlan plan, IReadOnlyList<PoolEndpoint> candidates, Func<InstanceKey, PoolEndpoint?> find, Func<PoolEndpoint, double> ramp, int panicPercent, RouteTable before)
    {
        var callable = new HashSet<PoolEndpoint>(ReferenceEqualityComparer.Instance);
        var overprovisioning = Math.Max(1, plan.Overprovisioning ?? options.Overprovisioning);
        var splits = plan.Splits.Select(split => (split.Share, Split: Split(split, find, ramp, overprovisioning, panicPercent, before, callable, out var healthy), Healthy: healthy))
            .Where(one => one.Split is not null)
            .ToList();
        // Without anybody healthy a split leaves its share to those with somebody, if there are any.
        var able = splits.Where(one => one.Share > 0 && one.Healthy > 0).ToList();
        if (able.Count == 0)
            able = [.. splits.Where(one => one.Share > 0)];
        var total = able.Sum(one => one.Share);
        var bound = 0.0;
        RouteTable.Draw[] draws = [.. able.Select(one => new RouteTable.Draw(one.Split!, bound += one.Share / total))];
        return new(candidates, [.. candidates.Where(callable.Contains)], candidates.Count(IsHealthy), splits.Exists(one => one.Split!.IsPanic), draws, [.. splits.Select(one => one.Split!)]);
    }

    public static bool IsHealthy(PoolEndpoint endpoint) => endpoint.Instance.State != InstanceState.Critical && !endpoint.IsEjected;

    /// <summary>Null if it has no endpoint that may be used.</summary>
    private RouteTable.Split? Split(
        RoutingSplit split, Func<InstanceKey, PoolEndpoint?> find, Func<PoolEndpoint, double> ramp, double overprovisioning, int panicPercent, RouteTable before,
        HashSet<PoolEndpoint> callable, out int healthy)
    {
        var tiers = split.Tiers.Select(tier => Members(tier, find, ramp)).ToList();
        List<List<WeightedEndpoint>> well = [.. tiers.Select(tier => tier.Where(one => IsHealthy(one.Endpoint)).ToList())];
        healthy = well.Sum(tier => tier.Count);
        if (RouteShares.Of([.. tiers.Zip(well, (all, some) => (some.Count, all.Count))], overprovisioning, panicPercent) is not { } shares)
        {
            callable.UnionWith(tiers.SelectMany(tier => tier).Select(one => one.Endpoint));
            List<WeightedEndpoint> everybody = [.. tiers.SelectMany(tier => tier).OrderBy(one => one.Endpoint.Instance.Key)];
            return new(split.Name, [new(0, policy.Build(everybody, before.FindSelector(split.Name, 0)), 1)], true);
        }

        var bound = 0.0;
        var used = new List<RouteTable.Tier>();
        for (var i = 0; i < well.Count; i++)
        {
            bound += shares[i];
            // A tier that gets nothing is kept for calls that have tried all others.
            if (well[i].Count == 0)
                continue;
            callable.UnionWith(well[i].Where(_ => shares[i] > 0).Select(one => one.Endpoint));
            used.Add(new(i, policy.Build(well[i], before.FindSelector(split.Name, i)), shares[i] == 0 ? 0 : bound));
        }

        return used.Count == 0 ? null : new(split.Name, [.. used], false);
    }

    private static List<WeightedEndpoint> Members(RoutingTier tier, Func<InstanceKey, PoolEndpoint?> find, Func<PoolEndpoint, double> ramp)
    {
        var members = new List<WeightedEndpoint>(tier.Instances.Count);
        var seen = new HashSet<PoolEndpoint>(ReferenceEqualityComparer.Instance);
        foreach (var (instance, weight) in tier.Instances)
        {
            var share = weight ?? instance.Weight;
            if (share > 0 && find(instance.Key) is { } endpoint && seen.Add(endpoint))
                members.Add(new(endpoint, share, ramp(endpoint)));
        }

        members.Sort((one, other) => one.Endpoint.Instance.Key.CompareTo(other.Endpoint.Instance.Key));
        return members;
    }
}
