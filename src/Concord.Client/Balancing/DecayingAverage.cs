namespace Concord.Client.Balancing;

/// <summary>
/// An average that falls by e with each decay time τ in which nothing is observed. A new value counts with 1 − e^(−Δt/τ), so the rate of
/// observations does not matter, or with a weight of its own. Value and time share one word that is exchanged atomically, so there is no lock and readers
/// never see one without the other.
/// </summary>
/// <remarks>
/// The word holds the value as a float and the time in 10 ms units: where time counts, Δt is 0 for all but the first of several observations in a unit, and
/// that one then counts for the whole unit, which is a fair sample of it. The counter of units wraps after 497 days without an observation.
/// </remarks>
internal sealed class DecayingAverage
{
    private const double UnitsPerSecond = 100;

    private ulong _word;

    /// <summary>What is left of the average: it decays to 0 while nothing is observed.</summary>
    public double Read(TimeSpan now, TimeSpan decay)
    {
        var (value, at) = Split(Volatile.Read(ref _word));
        return value == 0 ? 0 : value * Math.Exp(-Seconds(at, Units(now)) / decay.TotalSeconds);
    }

    /// <summary>
    /// As Finagle's "peak EWMA" does: a value above the average replaces it at once, one below is averaged in by the time since the last one.
    /// </summary>
    public void ObservePeak(double value, TimeSpan now, TimeSpan decay)
    {
        var units = Units(now);
        while (true)
        {
            var before = Volatile.Read(ref _word);
            var (average, at) = Split(before);
            // Zero is "nothing known": the first value is the average.
            var kept = average == 0 || value > average ? 0 : Math.Exp(-Seconds(at, units) / decay.TotalSeconds);
            var after = Join((float)((average * kept) + (value * (1 - kept))), kept == 1 ? at : units);
            if (Interlocked.CompareExchange(ref _word, after, before) == before)
                return;
        }
    }

    /// <summary>Takes an observation in with a weight of its own, whatever time has passed: for what must show after a few calls, not after a time.</summary>
    public void ObserveCounted(double value, double weight, TimeSpan now, TimeSpan decay)
    {
        var units = Units(now);
        while (true)
        {
            var before = Volatile.Read(ref _word);
            var (average, at) = Split(before);
            if (average == 0 && value == 0)
                return;
            var left = average * Math.Exp(-Seconds(at, units) / decay.TotalSeconds);
            var after = Join((float)((left * (1 - weight)) + (value * weight)), units);
            if (Interlocked.CompareExchange(ref _word, after, before) == before)
                return;
        }
    }

    private static uint Units(TimeSpan time) => unchecked((uint)(long)(time.TotalSeconds * UnitsPerSecond));

    private static double Seconds(uint from, uint to) => Math.Max(0, unchecked((int)(to - from))) / UnitsPerSecond;

    private static (float Value, uint At) Split(ulong word) => (BitConverter.UInt32BitsToSingle((uint)(word >> 32)), (uint)word);

    private static ulong Join(float value, uint at) => ((ulong)BitConverter.SingleToUInt32Bits(value) << 32) | at;
}
