namespace Concord.Client.Leases;

/// <summary>
/// How long a lease certainly lives, by this process's monotonic clock alone.
/// </summary>
/// <remarks>
/// The server counts a lease's time to live from the moment it handles a grant or a renewal, and it handles it after the client has
/// sent it. So at the server the lease lives at least until <c>sent + TTL</c>, however long the answer takes; counting from the answer
/// would promise the time of the way back twice. Two clocks that run at different rates drift apart by some 100 parts in a million,
/// 1,000 at worst; the margin is at least that, and otherwise the time that the holder needs to stop: a fifth of the time to live,
/// at most five seconds. A new leader starts the time anew, which only makes it longer. What no client can see is a machine that sleeps: its
/// monotonic clock may stand still meanwhile. Against that, as against a process that is stopped between its check and
/// its write, only a fencing token helps.
/// </remarks>
internal static class LeaseTerm
{
    private static readonly TimeSpan MarginMax = TimeSpan.FromSeconds(5);

    public static TimeSpan Margin(TimeSpan ttl)
    {
        var toStop = TimeSpan.FromTicks(Math.Min(ttl.Ticks / 5, MarginMax.Ticks));
        var drift = ttl / 1000;
        return toStop > drift ? toStop : drift;
    }

    /// <summary>From sending a renewal to sending the next one: of three, two may be lost.</summary>
    public static TimeSpan RenewAfter(TimeSpan ttl) => ttl / 3;

    /// <summary>How long one endpoint may take to answer a renewal before the next one is asked: leaves time for two more.</summary>
    public static TimeSpan Patience(TimeSpan ttl) => ttl / 6;
}
