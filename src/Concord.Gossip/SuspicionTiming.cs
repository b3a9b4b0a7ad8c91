namespace Concord.Gossip;

/// <summary>
/// How long a suspect has to object (Lifeguard, LHA-Suspicion): long at first, in case it is the accuser that is slow; shorter
/// with every member that accuses independently. Rounded down to milliseconds.
/// </summary>
/// <param name="Min">α × max(1, log10 n) × probe interval.</param>
/// <param name="Max">β × <paramref name="Min"/>.</param>
/// <param name="Confirmations">K, those that bring it down to <paramref name="Min"/>; 0 when too few others could confirm.</param>
internal readonly record struct SuspicionTiming(long Min, long Max, int Confirmations)
{
    /// <param name="members">Living members, this one and the suspect included.</param>
    public static SuspicionTiming Of(GossipOptions options, int members)
    {
        double scale = Math.Max(1, Math.Log10(Math.Max(1, members)));
        long min = (long)(options.SuspicionMultiplier * scale * options.ProbeInterval);
        int k = Math.Max(0, options.SuspicionMultiplier - 2);

        // The accuser and the suspect cannot confirm.
        bool tooFew = members - 2 < k;
        return new(min, min * options.SuspicionMaxMultiplier, tooFew ? 0 : k);
    }

    /// <param name="confirmations">Independent ones so far, the first accuser not counted.</param>
    public long Timeout(int confirmations)
    {
        if (Confirmations == 0)
        {
            return Min;
        }

        double shortened = Max - ((Max - Min) * (Math.Log(confirmations + 1) / Math.Log(Confirmations + 1)));
        return Math.Max(Min, (long)shortened);
    }
}
