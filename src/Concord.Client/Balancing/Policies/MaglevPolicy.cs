namespace Concord.Client.Balancing.Policies;

/// <summary>
/// Maglev's table (Eisenbud et al., NSDI 2016, section 3.4): every instance has an order of its own over all slots, and in turn, by weight, each takes the
/// first free slot in its order. A choice is one look into the table. Shares differ by less than a hundredth; when one of n goes, its 1/n of
/// the keys move and a few others with them.
/// </summary>
internal sealed class MaglevPolicy(BalancingRandom random) : IBalancingPolicy
{
    /// <summary>
    /// A prime, so that every step reaches all slots; the paper's. A hundred slots for each instance keep shares within a hundredth, so with more
    /// than some 600 instances the shares become coarser.
    /// </summary>
    private const int Slots = 65_537;

    public string Name => "maglev";

    public IEndpointSelector Build(IReadOnlyList<WeightedEndpoint> endpoints, IEndpointSelector? before) =>
        before is MaglevSelector maglev && maglev.Fits(endpoints) ? maglev : new MaglevSelector([.. endpoints], Fill(endpoints), random);

    private static int[] Fill(IReadOnlyList<WeightedEndpoint> endpoints)
    {
        var n = endpoints.Count;
        var heaviest = endpoints.Max(one => one.Weight);
        var (next, steps, turns) = (new int[n], new int[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            var hash = endpoints[i].Endpoint.Hash;
            next[i] = (int)(StableHash.Mix(hash + StableHash.Golden) % Slots);
            steps[i] = (int)(StableHash.Mix(hash + StableHash.Golden + StableHash.Golden) % (Slots - 1)) + 1;
        }

        var table = new int[Slots];
        Array.Fill(table, -1);
        var filled = 0;
        while (true)
        {
            for (var i = 0; i < n; i++)
            {
                // The heaviest has a turn in every round, one with half the weight in every second.
                turns[i] += endpoints[i].Weight / heaviest;
                if (turns[i] < 1)
                    continue;
                turns[i]--;
                while (table[next[i]] >= 0)
                    next[i] = (next[i] + steps[i]) % Slots;
                table[next[i]] = i;
                if (++filled == Slots)
                    return table;
            }
        }
    }
}
