using Concord.Client.Balancing.Health;
using Concord.Client.Registry;

namespace Concord.Client.Balancing;

/// <summary>
/// One instance as a caller knows it: where it is, and what was learned by calling it. It lives as long as the instance's registration;
/// what is learned survives every change of the list and of the policy.
/// </summary>
public sealed class PoolEndpoint
{
    /// <summary>Of one call in the failure rate: two failures in a row show, and five successes make them a third.</summary>
    private const double FailureWeight = 0.2;

    private readonly DecayingAverage _latency = new();
    private readonly DecayingAverage _failures = new();
    private ServiceInstance _instance;
    private int _active;

    /// <param name="address">Which of the instance's endpoints is called.</param>
    public PoolEndpoint(ServiceInstance instance, ServiceEndpoint address)
    {
        ArgumentNullException.ThrowIfNull(instance);
        ArgumentNullException.ThrowIfNull(address);
        _instance = instance;
        Address = address;
        Uri = new Uri(address.Url);
        // By its id alone: an instance that comes back, at another address even, keeps its keys.
        Hash = StableHash.Of(instance.Id);
        Health = new EndpointHealth();
    }

    public ServiceEndpoint Address { get; }

    /// <summary>The address, with its scheme.</summary>
    public Uri Uri { get; }

    /// <summary>As the registry told it last.</summary>
    public ServiceInstance Instance => Volatile.Read(ref _instance);

    /// <summary>The hash of the instance's id; see <see cref="StableHash"/>.</summary>
    public ulong Hash { get; }

    /// <summary>Calls of this process that are under way.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Left out for the time being, because calls to it failed.</summary>
    public bool IsEjected => Health.IsEjected;

    internal EndpointHealth Health { get; }

    /// <summary>
    /// What a call takes, in seconds; 0 when nothing is known. Rises at once and falls slowly ("peak"), and is forgotten while no call
    /// is made, so that an instance that was slow is tried again.
    /// </summary>
    public double LatencySeconds(TimeSpan now, TimeSpan decay) => _latency.Read(now, decay);

    /// <summary>
    /// The share of calls that failed lately, 0 to 1; forgotten while no call is made. A failure answers quickly, so without this the
    /// policies that look at load and latency would prefer an instance that does nothing but fail.
    /// </summary>
    public double FailureRate(TimeSpan now, TimeSpan decay) => _failures.Read(now, decay);

    /// <summary>Takes one finished call into the averages.</summary>
    public void Learn(TimeSpan latency, CallOutcome outcome, TimeSpan now, TimeSpan decay)
    {
        var known = _latency.Read(now, decay);
        if (outcome == CallOutcome.Success || latency.TotalSeconds > known)
        {
            // A call that failed or was given up took at least this long: it can show that the instance is slow, never that it is fast.
            if (outcome == CallOutcome.Success || known > 0)
                _latency.ObservePeak(latency.TotalSeconds, now, decay);
        }
        else if (outcome != CallOutcome.Abandoned && known > 0)
        {
            // It was called, so what is known of its latency is not to be forgotten for want of calls.
            _latency.ObservePeak(known, now, decay);
        }

        if (outcome != CallOutcome.Abandoned)
            _failures.ObserveCounted(outcome == CallOutcome.Success ? 0 : 1, FailureWeight, now, decay);
    }

    /// <summary>One call more; the pool does this for those who call through it.</summary>
    internal void Enter() => Interlocked.Increment(ref _active);

    internal void Leave() => Interlocked.Decrement(ref _active);

    internal void Update(ServiceInstance instance) => Volatile.Write(ref _instance, instance);

    public override string ToString() => $"{Instance.Key} at {Address.Url}";
}
