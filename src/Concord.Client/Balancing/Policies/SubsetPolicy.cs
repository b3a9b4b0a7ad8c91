namespace Concord.Client.Balancing.Policies;

/// <summary>
/// A part of the instances, the same for one caller as long as they are there: those with the highest rendezvous hashes of caller and instance
/// (Thaler, Ravishankar 1998). When an instance goes, only callers that had it choose one other; when one comes, each caller takes it with
/// probability size/n and gives up one. Weights do not count here but within the part, else they would count twice.
/// </summary>
internal sealed class SubsetPolicy : IBalancingPolicy
{
    private readonly ulong _caller;
    private readonly int _size;
    private readonly IBalancingPolicy _inner;

    public SubsetPolicy(string caller, int size, IBalancingPolicy inner)
    {
        ArgumentException.ThrowIfNullOrEmpty(caller);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        (_caller, _size, _inner) = (StableHash.Of(caller), size, inner);
    }

    public string Name => $"subset({_size}, {_inner.Name})";

    public IEndpointSelector Build(IReadOnlyList<WeightedEndpoint> endpoints, IEndpointSelector? before)
    {
        if (endpoints.Count <= _size)
            return _inner.Build(endpoints, before);
        var chosen = endpoints.OrderByDescending(Score).ThenBy(one => one.Endpoint.Hash).Take(_size).ToHashSet();
        return _inner.Build([.. endpoints.Where(chosen.Contains)], before);
    }

    public void Started(PoolEndpoint endpoint) => _inner.Started(endpoint);

    public void Completed(PoolEndpoint endpoint, TimeSpan latency, CallOutcome outcome, TimeSpan now) => _inner.Completed(endpoint, latency, outcome, now);

    private ulong Score(WeightedEndpoint one) => StableHash.Mix(_caller ^ one.Endpoint.Hash);
}
