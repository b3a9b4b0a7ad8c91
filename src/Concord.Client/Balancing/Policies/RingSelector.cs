namespace Concord.Client.Balancing.Policies;

/// <summary>One ring: the key's place, and from there the first that may be taken.</summary>
internal sealed class RingSelector(WeightedEndpoint[] endpoints, ulong[] positions, int[] owners, double balanceFactor, BalancingRandom random) : IEndpointSelector
{
    private readonly double _totalWeight = endpoints.Sum(one => one.Weight);

    public bool Fits(IReadOnlyList<WeightedEndpoint> others) => HashedList.Same(endpoints, others);

    public PoolEndpoint Select(in SelectionContext context)
    {
        var start = Array.BinarySearch(positions, context.Key is { } key ? StableHash.Mix(key) : random.Next());
        start = start >= 0 ? start : ~start % positions.Length;
        var first = endpoints[owners[start]].Endpoint;
        if (context.Avoid is null && balanceFactor == 0)
            return first;
        var under = balanceFactor == 0 ? 0 : 1 + endpoints.Sum(one => one.Endpoint.Active);
        for (var i = 0; i < positions.Length; i++)
        {
            var candidate = endpoints[owners[(start + i) % positions.Length]];
            if (!context.Avoids(candidate.Endpoint) && (balanceFactor == 0 || candidate.Endpoint.Active < Bound(candidate, under)))
                return candidate.Endpoint;
        }

        return first;
    }

    /// <summary>How many calls it may have when the one that is placed is counted.</summary>
    private double Bound(WeightedEndpoint endpoint, int under) => Math.Ceiling(balanceFactor * under * endpoint.Weight / _totalWeight);
}
