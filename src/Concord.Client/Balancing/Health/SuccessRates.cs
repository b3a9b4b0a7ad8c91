namespace Concord.Client.Balancing.Health;

/// <summary>
/// Finds endpoints whose success rate in an interval lies far below the others': below mean − k·σ, as Envoy does. It sees the instance that
/// fails every third call, which never fails five times in a row.
/// </summary>
internal static class SuccessRates
{
    public static List<(PoolEndpoint Endpoint, double Rate)> Outliers(IReadOnlyList<PoolEndpoint> endpoints, OutlierOptions options)
    {
        var rates = new List<(PoolEndpoint Endpoint, double Rate)>(endpoints.Count);
        foreach (var endpoint in endpoints)
        {
            var (successes, calls) = endpoint.Health.TakeInterval();
            if (!endpoint.IsEjected && calls >= options.SuccessRateRequests)
                rates.Add((endpoint, (double)successes / calls));
        }

        if (options.SuccessRateDeviations <= 0 || rates.Count < options.SuccessRateEndpoints)
            return [];
        var mean = rates.Average(one => one.Rate);
        var deviation = Math.Sqrt(rates.Average(one => (one.Rate - mean) * (one.Rate - mean)));
        // Where all are equal, σ is nothing but rounding, and nobody is an outlier.
        var bound = Math.Min(mean - (options.SuccessRateDeviations * deviation), mean - options.SuccessRateMargin);
        return [.. rates.Where(one => one.Rate < bound).OrderBy(one => one.Rate)];
    }
}
