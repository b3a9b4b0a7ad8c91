namespace Concord.Client.Balancing.Policies;

/// <summary>One table of slots, each with the number of an endpoint.</summary>
internal sealed class MaglevSelector(WeightedEndpoint[] endpoints, int[] table, BalancingRandom random) : IEndpointSelector
{
    public bool Fits(IReadOnlyList<WeightedEndpoint> others) => HashedList.Same(endpoints, others);

    public PoolEndpoint Select(in SelectionContext context)
    {
        var slot = StableHash.Index(context.Key is { } key ? StableHash.Mix(key) : random.Next(), table.Length);
        var first = endpoints[table[slot]].Endpoint;
        if (context.Avoid is null)
            return first;
        for (var i = 0; i < table.Length; i++)
        {
            var candidate = endpoints[table[(slot + i) % table.Length]].Endpoint;
            if (!context.Avoids(candidate))
                return candidate;
        }

        return first;
    }
}
