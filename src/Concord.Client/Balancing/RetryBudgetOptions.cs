namespace Concord.Client.Balancing;

/// <summary>How many calls may be made again. Defaults: Finagle's and Envoy's fifth.</summary>
public sealed record RetryBudgetOptions
{
    /// <summary>Retries and hedges for each call, on average over the window. With a fifth, a service that is down gets a fifth more calls, not three times as many.</summary>
    public double Ratio { get; init; } = 0.2;

    /// <summary>And this many in each second in any case, so that a caller with few calls may retry at all.</summary>
    public double MinPerSecond { get; init; } = 3;

    /// <summary>How long an unused retry is kept. Whole seconds, 1 to 60.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    internal IEnumerable<string> Faults()
    {
        if (Ratio is not >= 0)
            yield return $"{nameof(Ratio)} is {Ratio}: set 0 or more.";
        if (MinPerSecond is not >= 0)
            yield return $"{nameof(MinPerSecond)} is {MinPerSecond}: set 0 or more.";
        if (Window < TimeSpan.FromSeconds(1) || Window > TimeSpan.FromSeconds(60))
            yield return $"{nameof(Window)} is {Window}: set 1 s to 60 s.";
    }
}
