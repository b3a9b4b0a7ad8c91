namespace Concord.Client.Balancing.Policies;

/// <summary>
/// Prefers the caller's zone, as far as the zone can carry its callers. Envoy's rule: with u the zone's share of the instances (by weight) and o its
/// share of the callers, a part min(1, u/o) stays, and the rest goes to the zones that have room, in proportion to u − o there. If
/// instances fail in the zone, u falls and calls spill over by themselves; if all do, all go elsewhere.
/// </summary>
internal sealed class ZoneAwarePolicy : IBalancingPolicy
{
    private readonly string _zone;
    private readonly IBalancingPolicy _inner;
    private readonly double? _callerShare;
    private readonly BalancingRandom _random;

    public ZoneAwarePolicy(string zone, IBalancingPolicy inner, double? callerShare, BalancingRandom random)
    {
        ArgumentException.ThrowIfNullOrEmpty(zone);
        if (callerShare is <= 0 or > 1)
            throw new ArgumentOutOfRangeException(nameof(callerShare), callerShare, "The share of the callers that are in this zone is above 0 and at most 1.");
        (_zone, _inner, _callerShare, _random) = (zone, inner, callerShare, random);
    }

    public string Name => $"zone_aware({_zone}, {_inner.Name})";

    public IEndpointSelector Build(IReadOnlyList<WeightedEndpoint> endpoints, IEndpointSelector? before)
    {
        var old = before as ZoneSelector;
        var zones = endpoints.GroupBy(one => one.Endpoint.Instance.Zone).OrderBy(zone => zone.Key, StringComparer.Ordinal).ToList();
        var total = endpoints.Sum(one => one.Weight);
        var callers = _callerShare ?? 1.0 / zones.Count;
        var othersCallers = zones.Count > 1 ? (1 - callers) / (zones.Count - 1) : 0;
        ZoneSelector.Zone? local = null;
        var remote = new List<ZoneSelector.Zone>();
        foreach (var zone in zones)
        {
            List<WeightedEndpoint> members = [.. zone];
            var share = members.Sum(one => one.Weight) / total;
            var selector = _inner.Build(members, old?.Find(zone.Key));
            if (zone.Key == _zone)
                local = new(zone.Key, selector, share);
            else
                remote.Add(new(zone.Key, selector, Math.Max(0, share - othersCallers)));
        }

        // Where no zone has room, what cannot stay is spread as the instances are.
        if (remote.Count > 0 && remote.Sum(zone => zone.Share) <= 0)
            remote = [.. remote.Select(zone => zone with { Share = 1 })];
        return new ZoneSelector(local, local is null ? 0 : Math.Min(1, local.Share / callers), remote, _random);
    }

    public void Started(PoolEndpoint endpoint) => _inner.Started(endpoint);

    public void Completed(PoolEndpoint endpoint, TimeSpan latency, CallOutcome outcome, TimeSpan now) => _inner.Completed(endpoint, latency, outcome, now);
}
