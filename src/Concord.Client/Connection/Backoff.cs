namespace Concord.Client.Connection;

/// <summary>
/// Exponential backoff with full jitter: the wait is uniform between nothing and the bound, so that clients that lost
/// the same server at the same moment do not come back at the same moment. The bound doubles per round over all
/// endpoints, not per attempt: a healthy second endpoint is found within the first bound.
/// </summary>
internal static class Backoff
{
    // 2^20 x any sensible minimum is beyond any sensible maximum; the shift stays far from overflow.
    private const int DoublingsMax = 20;

    public static TimeSpan Wait(int failures, int endpoints, TimeSpan min, TimeSpan max) =>
        Bound(failures, endpoints, min, max) * Random.Shared.NextDouble();

    public static TimeSpan Bound(int failures, int endpoints, TimeSpan min, TimeSpan max)
    {
        var rounds = Math.Min((failures - 1) / endpoints, DoublingsMax);
        var bound = min.Ticks * (double)(1 << rounds);
        return bound >= max.Ticks ? max : TimeSpan.FromTicks((long)bound);
    }
}
