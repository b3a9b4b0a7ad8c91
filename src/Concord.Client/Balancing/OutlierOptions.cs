namespace Concord.Client.Balancing;

/// <summary>When an endpoint is left out because calls to it fail. Envoy's rules; the defaults are Envoy's unless it says otherwise here.</summary>
public sealed record OutlierOptions
{
    /// <summary>Failures in a row, of any kind; 0: they do not count.</summary>
    public int ConsecutiveFailures { get; init; } = 5;

    /// <summary>
    /// Connection failures in a row; 0: they do not count beyond the failures. Fewer than failures of other kinds, because they leave no
    /// doubt: nobody is there. This is what finds an entry that the registry has not removed yet.
    /// </summary>
    public int ConsecutiveConnectionFailures { get; init; } = 3;

    /// <summary>Success rates are compared, and ejections are forgiven, once per interval.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many standard deviations below the mean a success rate is an outlier; 0: rates are not compared.</summary>
    public double SuccessRateDeviations { get; init; } = 1.9;

    /// <summary>
    /// And how far below the mean at least. Not in Envoy: without it the one instance that failed once in an interval in which no other failed
    /// would be left out.
    /// </summary>
    public double SuccessRateMargin { get; init; } = 0.05;

    /// <summary>Rates are compared only among this many endpoints at least; a mean of fewer says little.</summary>
    public int SuccessRateEndpoints { get; init; } = 5;

    /// <summary>And only those of endpoints with this many calls in the interval.</summary>
    public int SuccessRateRequests { get; init; } = 100;

    /// <summary>The first ejection; the n-th that follows is n times as long.</summary>
    public TimeSpan BaseEjectionTime { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan MaxEjectionTime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>
    /// At most this share of the endpoints is left out at a time, but always one may be. Envoy's 10 % is made for hundreds of
    /// hosts with a control plane that removes dead ones; here one zone of three must be able to go dark at once.
    /// </summary>
    public int MaxEjectionPercent { get; init; } = 50;

    /// <summary>
    /// A call that its caller gave up counts as failed when it had lasted this long. Shorter ones were cancelled for reasons of the caller's
    /// own; longer ones are the only trace of an instance that takes calls and never answers.
    /// </summary>
    public TimeSpan AbandonedAfter { get; init; } = TimeSpan.FromSeconds(2);

    internal IEnumerable<string> Faults()
    {
        if (ConsecutiveFailures < 0)
            yield return $"{nameof(ConsecutiveFailures)} is {ConsecutiveFailures}: set 1 or more, or 0 to switch it off.";
        if (ConsecutiveConnectionFailures < 0)
            yield return $"{nameof(ConsecutiveConnectionFailures)} is {ConsecutiveConnectionFailures}: set 1 or more, or 0 to switch it off.";
        if (Interval <= TimeSpan.Zero)
            yield return $"{nameof(Interval)} is {Interval}: set a positive time.";
        if (BaseEjectionTime <= TimeSpan.Zero || MaxEjectionTime < BaseEjectionTime)
            yield return $"{nameof(BaseEjectionTime)} ({BaseEjectionTime}) is to be positive and at most {nameof(MaxEjectionTime)} ({MaxEjectionTime}).";
        if (MaxEjectionPercent is < 0 or > 100)
            yield return $"{nameof(MaxEjectionPercent)} is {MaxEjectionPercent}: set 0 to 100.";
    }
}
