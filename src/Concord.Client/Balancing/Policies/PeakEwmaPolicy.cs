namespace Concord.Client.Balancing.Policies;

/// <summary>
/// Of two the one that is expected to answer sooner: its latency, times the calls that are before this one and this one. The latency is Finagle's
/// "peak EWMA": one slow answer counts in full at once, and is forgotten by e in each decay time.
/// </summary>
internal sealed class PeakEwmaPolicy(BalancingRandom random, TimeSpan decay) : IBalancingPolicy
{
    /// <summary>Finagle's. Shorter forgets a slow instance before the next call meets it; longer keeps one away that has recovered.</summary>
    public static TimeSpan DecayDefault { get; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What an instance that never answered is taken for when calls to it are under way, in seconds: more than any latency. So it gets one
    /// call, and no second one until the first is back; with none under way it is tried first.
    /// </summary>
    private const double Unknown = 1_000_000;

    public string Name => "peak_ewma";

    public IEndpointSelector Build(IReadOnlyList<WeightedEndpoint> endpoints, IEndpointSelector? before) => new PairSelector(endpoints, random, Load);

    public void Completed(PoolEndpoint endpoint, TimeSpan latency, CallOutcome outcome, TimeSpan now) => endpoint.Learn(latency, outcome, now, decay);

    private double Load(PoolEndpoint endpoint, double weight, TimeSpan now)
    {
        var latency = endpoint.LatencySeconds(now, decay);
        var failures = FailureLoad.Of(endpoint, now, decay);
        var active = endpoint.Active;
        if (latency == 0)
            return active == 0 && failures == 0 ? 0 : Unknown + active + failures;
        return latency * ((active / weight) + 1) * (1 + failures);
    }
}
