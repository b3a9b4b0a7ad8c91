namespace Concord.Client.Balancing;

/// <summary>An endpoint that was chosen for one call. <see cref="Complete"/> it exactly once, whatever happens: until then the call counts as under way.</summary>
public readonly struct EndpointPick
{
    private readonly EndpointPool _pool;
    private readonly TimeSpan _started;

    internal EndpointPick(EndpointPool pool, PoolEndpoint endpoint, TimeSpan started) => (_pool, Endpoint, _started) = (pool, endpoint, started);

    public PoolEndpoint Endpoint { get; }

    /// <summary>The call is over, or its answer has begun.</summary>
    public void Complete(CallOutcome outcome) => _pool.Complete(Endpoint, _started, outcome);
}
