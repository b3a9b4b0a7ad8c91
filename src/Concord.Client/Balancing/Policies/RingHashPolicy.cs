namespace Concord.Client.Balancing.Policies;

/// <summary>
/// Consistent hashing on a ring (Karger et al. 1997) with points in proportion to the weights, as Ketama does. One of n that goes moves its own
/// 1/n of the keys and no others; its points depend on its id and weight alone, so all callers have the same ring.
/// </summary>
internal sealed class RingHashPolicy : IBalancingPolicy
{
    /// <summary>Points of an instance with the usual weight. Its share of the keys is then within some 8 % (1/√160); Ketama has as many.</summary>
    private const int PointsPerInstance = 160;

    private const double UsualWeight = 100;

    /// <summary>4 MB. With more instances each has half the points, and half again.</summary>
    private const int PointsMax = 256 * 1024;

    private readonly BalancingRandom _random;
    private readonly double _balanceFactor;

    public RingHashPolicy(BalancingRandom random, double balanceFactor)
    {
        if (balanceFactor is not 0 and not > 1)
            throw new ArgumentOutOfRangeException(nameof(balanceFactor), balanceFactor, "An instance must be allowed more than its share: give more than 1, such as 1.25, or 0 for no bound.");
        (_random, _balanceFactor) = (random, balanceFactor);
    }

    public string Name => "ring_hash";

    public IEndpointSelector Build(IReadOnlyList<WeightedEndpoint> endpoints, IEndpointSelector? before)
    {
        // Slow start would move keys to and fro, so weights alone count; while they are the same, so is the ring.
        if (before is RingSelector ring && ring.Fits(endpoints))
            return ring;
        double points = PointsPerInstance;
        while (points > 1 && endpoints.Sum(one => Count(one, points)) > PointsMax)
            points /= 2;
        var positions = new List<ulong>();
        var owners = new List<int>();
        for (var i = 0; i < endpoints.Count; i++)
        {
            var hash = endpoints[i].Endpoint.Hash;
            for (var point = 0; point < Count(endpoints[i], points); point++)
            {
                positions.Add(StableHash.Mix(hash += StableHash.Golden));
                owners.Add(i);
            }
        }

        ulong[] sorted = [.. positions];
        int[] ownersSorted = [.. owners];
        Array.Sort(sorted, ownersSorted);
        return new RingSelector([.. endpoints], sorted, ownersSorted, _balanceFactor, _random);
    }

    private static int Count(WeightedEndpoint endpoint, double points) => (int)Math.Max(1, Math.Round(points * endpoint.Weight / UsualWeight));
}
