namespace Concord.Client.Balancing.Policies;

/// <summary>
/// What failures add to a load. If a share f of the calls to an instance fails, one success takes 1/(1 − f) calls: f/(1 − f) more than one. An instance
/// that fails quickly has nothing under way and the best latency; this is what keeps the calls from flocking to it.
/// </summary>
internal static class FailureLoad
{
    /// <summary>Below a fifth nothing is added: a failure now and then must not decide between two that are both well.</summary>
    private const double Tolerated = 0.2;

    /// <summary>One in a hundred is as bad as it gets, so that something is still compared where all fail.</summary>
    private const double Worst = 0.99;

    public static double Of(PoolEndpoint endpoint, TimeSpan now, TimeSpan decay)
    {
        var rate = Math.Min(Worst, endpoint.FailureRate(now, decay));
        return rate <= Tolerated ? 0 : rate / (1 - rate);
    }
}
