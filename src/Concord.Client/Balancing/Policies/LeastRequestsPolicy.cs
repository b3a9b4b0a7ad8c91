namespace Concord.Client.Balancing.Policies;

/// <summary>Of two the one with fewer calls under way for its weight. Needs to know nothing, and is right for calls of any length.</summary>
internal sealed class LeastRequestsPolicy(BalancingRandom random, TimeSpan decay) : IBalancingPolicy
{
    /// <summary>How long failures are remembered; as long as <see cref="PeakEwmaPolicy.DecayDefault"/>.</summary>
    public static TimeSpan DecayDefault { get; } = TimeSpan.FromSeconds(10);

    public string Name => "least_requests";

    public IEndpointSelector Build(IReadOnlyList<WeightedEndpoint> endpoints, IEndpointSelector? before) => new PairSelector(
        endpoints, random, (endpoint, weight, now) => (endpoint.Active + FailureLoad.Of(endpoint, now, decay)) / weight);

    public void Completed(PoolEndpoint endpoint, TimeSpan latency, CallOutcome outcome, TimeSpan now) => endpoint.Learn(latency, outcome, now, decay);
}
