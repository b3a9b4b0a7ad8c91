using Concord.Mvcc;
using Concord.Server.Replica;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Tests.Simulator;

/// <summary>
/// The server's own watch hub in the simulator's time: what its thread and the streams' readers do are events here, with
/// pauses between them drawn from the seed. Readers are slow and queues short, so that watches fall behind all the time.
/// </summary>
internal sealed class HubWatches : IHostWatches
{
    private const int WaitingMax = 3;

    private readonly HostProcess _process;
    private readonly Dice _dice;
    private readonly WatchHub _hub;
    private readonly HashSet<WatchStream> _streams = [];
    private bool _isStepPlanned;

    public HubWatches(HostProcess process, bool skipsOnCatchUp)
    {
        _process = process;
        _dice = new(process.Host.NextSeed());
        _hub = WatchHub.Stepped(process.Node.View, TimeProvider.System, Timeout.InfiniteTimeSpan, WaitingMax, skipsOnCatchUp);
    }

    public long Position => _hub.Position;

    public void Add(HostWatch watch, KeySpaceView view)
    {
        var stream = _hub.OpenStream();
        _streams.Add(stream);
        stream.Create(new(watch.Range, watch.Next));
        PlanRead(stream, watch);
    }

    public void Published(KeySpaceView view)
    {
        _hub.Notify(view);
        PlanStep();
    }

    public void Dispose() => _hub.Dispose();

    private void PlanStep()
    {
        if (_isStepPlanned)
            return;
        _isStepPlanned = true;
        _process.After(_dice.Around(_dice.Below(20) == 0 ? 100_000 : 200), () =>
        {
            _isStepPlanned = false;
            if (_hub.Step())
                PlanStep();
        });
    }

    private void PlanRead(WatchStream stream, HostWatch watch) => _process.After(_dice.Around(_dice.Below(10) == 0 ? 300_000 : 2_000), () =>
    {
        for (int notices = _dice.Below(10); notices > 0 && stream.TryRead(out var notice); notices--)
        {
            if (!Tell(watch, notice))
            {
                _streams.Remove(stream);
                stream.Dispose();
                return;
            }
        }

        if (_dice.Below(4) == 0)
            stream.RequestProgress();
        PlanRead(stream, watch);
    });

    /// <summary>False when the watch is over.</summary>
    private static bool Tell(HostWatch watch, WatchNotice notice)
    {
        switch (notice)
        {
            case WatchNotice.Events events:
                watch.Next = events.Changes[^1].ModRevision + 1;
                return watch.Send(new(events.Changes, watch.Next));
            case WatchNotice.Progress progress when progress.Revision >= watch.Next:
                watch.Next = progress.Revision + 1;
                return watch.Send(new([], watch.Next));
            case WatchNotice.Canceled canceled:
                watch.Send(new([], watch.Next, canceled.CompactedRevision));
                return false;
            default:
                return true;
        }
    }
}
