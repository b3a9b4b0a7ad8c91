using System.Diagnostics;

namespace Concord.Tests.Client;

/// <summary>Waits for conditions, with a bound far above what a loaded machine needs.</summary>
internal static class Wait
{
    public static TimeSpan Bound { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds.</summary>
    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Bound, $"Still not so after {Bound}: {what}");
            await timer.WaitForNextTickAsync();
        }
    }
}
