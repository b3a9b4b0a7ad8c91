namespace Concord.Client.Balancing.Routing;

/// <summary>What calls are spread by: immutable, replaced as a whole.</summary>
/// <param name="Candidates">All endpoints that calls may go to, healthy or not, in the order of their ids.</param>
/// <param name="Callable">Those that calls go to now, in the same order.</param>
/// <param name="Healthy">How many of the candidates are well.</param>
/// <param name="Draws">Splits that take part by share, with the upper bound of each in [0, 1).</param>
/// <param name="Named">All splits that have an endpoint.</param>
internal sealed record RouteTable(IReadOnlyList<PoolEndpoint> Candidates, IReadOnlyList<PoolEndpoint> Callable, int Healthy, bool IsPanic, RouteTable.Draw[] Draws, RouteTable.Split[] Named)
{
    public static RouteTable Empty { get; } = new([], [], 0, false, [], []);

    /// <param name="Tiers">With the upper bound of each in [0, 1); those that get no calls come last, with 1.</param>
    public sealed record Split(string Name, Tier[] Tiers, bool IsPanic);

    public sealed record Tier(int Number, IEndpointSelector Selector, double Bound);

    public readonly record struct Draw(Split Split, double Bound);

    /// <summary>The endpoint for a call; null if there is none.</summary>
    public PoolEndpoint? Select(in SelectionContext context, BalancingRandom random)
    {
        if (Find(context, random) is not { } split)
            return null;
        var start = split.Tiers.Length == 1 ? 0 : Place(split.Tiers, Coin(context, random, 2));
        var chosen = split.Tiers[start].Selector.Select(context);
        // Another tier rather than the same endpoint again.
        for (var i = 0; i < split.Tiers.Length && context.Avoids(chosen); i++)
        {
            if (i != start && split.Tiers[i].Selector.Select(context) is var other && !context.Avoids(other))
                return other;
        }

        return chosen;
    }

    public IEndpointSelector? FindSelector(string split, int tier)
    {
        foreach (var one in Named)
        {
            if (one.Name == split)
                return Array.Find(one.Tiers, candidate => candidate.Number == tier)?.Selector;
        }

        return null;
    }

    private Split? Find(in SelectionContext context, BalancingRandom random)
    {
        if (context.Split is { } name)
        {
            foreach (var split in Named)
            {
                if (split.Name == name)
                    return split;
            }
        }

        if (Draws.Length <= 1)
            return Draws.Length == 1 ? Draws[0].Split : null;
        var coin = Coin(context, random, 1);
        foreach (var draw in Draws)
        {
            if (coin < draw.Bound)
                return draw.Split;
        }

        return Draws[^1].Split;
    }

    private static int Place(Tier[] tiers, double coin)
    {
        for (var i = 0; i < tiers.Length; i++)
        {
            if (coin < tiers[i].Bound)
                return i;
        }

        return tiers.Length - 1;
    }

    /// <summary>In [0, 1); the same for calls with the same key, so that a user stays with one version and one instance.</summary>
    private static double Coin(in SelectionContext context, BalancingRandom random, ulong purpose)
    {
        var number = context.Key is { } key ? StableHash.Mix(key ^ (purpose * StableHash.Golden)) : random.Next();
        return (number >> 11) * (1.0 / (1UL << 53));
    }
}
