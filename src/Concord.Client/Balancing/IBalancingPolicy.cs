namespace Concord.Client.Balancing;

/// <summary>
/// How calls are spread. A policy is asked for an <see cref="IEndpointSelector"/> whenever the list changes, and told of every call's start
/// and end, so that it can learn. Write one to spread calls in your own way; <see cref="BalancingPolicies"/> has those that are there.
/// </summary>
/// <remarks>All members are called by many threads at once.</remarks>
public interface IBalancingPolicy
{
    /// <summary>For people, such as <c>peak_ewma</c>.</summary>
    string Name { get; }

    /// <summary>Makes what chooses from this list.</summary>
    /// <param name="endpoints">At least one, in the order of their ids, all with a share above 0. Do not keep more of it than you must: it does not change.</param>
    /// <param name="before">What chose from the list before it; may be given back if it still fits.</param>
    IEndpointSelector Build(IReadOnlyList<WeightedEndpoint> endpoints, IEndpointSelector? before);

    /// <summary>A call goes to the endpoint; <see cref="PoolEndpoint.Active"/> counts it already.</summary>
    void Started(PoolEndpoint endpoint)
    {
    }

    /// <summary>A call is over. Called exactly once for each start.</summary>
    /// <param name="latency">From the choice to the answer's beginning, or to the failure.</param>
    /// <param name="now">The time since the pool began, as in <see cref="SelectionContext.Now"/>.</param>
    void Completed(PoolEndpoint endpoint, TimeSpan latency, CallOutcome outcome, TimeSpan now)
    {
    }
}
