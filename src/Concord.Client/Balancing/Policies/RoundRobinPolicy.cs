namespace Concord.Client.Balancing.Policies;

/// <summary>In turn; only slow start makes a difference between instances.</summary>
internal sealed class RoundRobinPolicy(BalancingRandom random) : IBalancingPolicy
{
    public string Name => "round_robin";

    public IEndpointSelector Build(IReadOnlyList<WeightedEndpoint> endpoints, IEndpointSelector? before) =>
        new StrideSelector(endpoints, one => one.Ramp, random.Next());
}
