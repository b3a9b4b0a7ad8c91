namespace Concord.Client.Balancing.Routing;

/// <summary>How calls are spread over tiers: Envoy's priority levels.</summary>
internal static class RouteShares
{
    /// <summary>
    /// The share of each tier, together 1; null if too few are healthy for all calls and fewer than the panic threshold: then everybody is to be used.
    /// All zero if nobody is healthy and there is no threshold.
    /// </summary>
    /// <example>
    /// With 1.4, tiers of 10 with 5 and 10 healthy: the first can carry 1.4 × 0.5 = 0.7 of the calls, the second gets 0.3.
    /// </example>
    public static double[]? Of(IReadOnlyList<(int Healthy, int All)> tiers, double overprovisioning, int panicPercent)
    {
        var capacity = new double[tiers.Count];
        for (var i = 0; i < capacity.Length; i++)
            capacity[i] = tiers[i].All == 0 ? 0 : Math.Min(1, overprovisioning * tiers[i].Healthy / tiers[i].All);
        var total = capacity.Sum();
        if (total < 1 && 100.0 * tiers.Sum(tier => tier.Healthy) < panicPercent * (double)tiers.Sum(tier => tier.All))
            return null;
        var rest = 1.0;
        for (var i = 0; i < capacity.Length; i++)
        {
            // Where all together can carry everything, the upper tiers take what they can; else each gets its part of the need.
            capacity[i] = total >= 1 ? Math.Min(rest, capacity[i]) : total > 0 ? capacity[i] / total : 0;
            rest -= capacity[i];
        }

        return capacity;
    }
}
