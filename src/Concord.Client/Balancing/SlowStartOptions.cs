namespace Concord.Client.Balancing;

/// <summary>
/// How an instance that is new, or was not well, comes to its share: by and by, so that it can compile, fill its caches and open its
/// connections. Hashing policies do not take part: keys would move to and fro.
/// </summary>
public sealed record SlowStartOptions
{
    /// <summary>
    /// Until it has all of its share; zero: at once. Ten seconds are what a .NET service needs to compile its hot paths; one that fills caches needs more.
    /// </summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What it starts with, 0 to 1: enough to warm up at all.</summary>
    public double MinShare { get; init; } = 0.1;

    /// <summary>1 grows evenly; above 1 grows quickly first.</summary>
    public double Aggression { get; init; } = 1;

    /// <summary>Envoy's formula: max(min, (max(t, 1 s) / window)^(1/aggression)).</summary>
    internal double Ramp(TimeSpan since)
    {
        if (since >= Window)
            return 1;
        var passed = Math.Max(1, since.TotalSeconds) / Window.TotalSeconds;
        return Math.Min(1, Math.Max(MinShare, Math.Pow(passed, 1 / Aggression)));
    }

    internal IEnumerable<string> Faults()
    {
        if (Window < TimeSpan.Zero)
            yield return $"{nameof(Window)} is {Window}: set a time, or zero to switch slow start off.";
        if (MinShare is not (> 0 and <= 1))
            yield return $"{nameof(MinShare)} is {MinShare}: set more than 0 and at most 1.";
        if (Aggression is not > 0)
            yield return $"{nameof(Aggression)} is {Aggression}: set a positive number.";
    }
}
