namespace Concord.Client.Balancing.Policies;

/// <summary>In turn, in proportion to the weights.</summary>
internal sealed class WeightedPolicy(BalancingRandom random) : IBalancingPolicy
{
    public string Name => "weighted";

    public IEndpointSelector Build(IReadOnlyList<WeightedEndpoint> endpoints, IEndpointSelector? before) =>
        new StrideSelector(endpoints, one => one.Share, random.Next());
}
