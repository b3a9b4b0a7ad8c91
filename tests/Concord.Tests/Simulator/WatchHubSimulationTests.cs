using Concord.Simulator.Runs;

namespace Concord.Tests.Simulator;

/// <summary>
/// Whole clusters whose watchers are served by the server's hub: across elections, crashes, installed snapshots and
/// compactions each watcher gets every event once and in order.
/// </summary>
public sealed class WatchHubSimulationTests
{
    private static readonly ulong Seeds = Environment.GetEnvironmentVariable("CONCORD_LONG") == "1" ? 500UL : 15UL;

    [Fact]
    public void Watchers_of_the_hub_get_every_event_once_and_in_order()
    {
        var total = new Figures();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var report = Run(seed, skipsOnCatchUp: false);
            report.ThrowIfFailed();
            total.Add(report.Run.Figures);
        }

        Assert.True(total.WatchEvents > 5_000, $"{total.WatchEvents} events");
        Assert.True(total.WatchesCompacted > 0 && total.SnapshotsReceived > 0, $"{total.WatchesCompacted} watches overtaken, {total.SnapshotsReceived} snapshots");
    }

    /// <summary>The canary of the hub.</summary>
    [Fact]
    public void A_hub_that_skips_on_catch_up_is_noticed_within_five_seeds()
    {
        var noticed = Enumerable.Range(1, 5).Select(seed => Run((ulong)seed, skipsOnCatchUp: true)).FirstOrDefault(report => report.Failure is not null);

        Assert.NotNull(noticed);
        Assert.Contains("watcher", noticed.Failure!.Message, StringComparison.Ordinal);
    }

    private static RunReport Run(ulong seed, bool skipsOnCatchUp) =>
        RunReport.Of(seed, new() { Watches = process => new HubWatches(process, skipsOnCatchUp) });
}
