using Concord.Simulator.Runs;

namespace Concord.Simulator.Load;

/// <summary>The clock and the timers of product code, run by an <see cref="EventQueue"/>.</summary>
internal sealed class VirtualTime(EventQueue events) : TimeProvider
{
    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => events.Now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(events.Now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(events, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class VirtualTimer(EventQueue events, Action callback) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Plan(dueTime, period, ++_version);
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Plan(TimeSpan due, TimeSpan period, int version)
        {
            if (due == Timeout.InfiniteTimeSpan)
                return;
            events.After((long)due.TotalMicroseconds, () =>
            {
                if (version != _version)
                    return;
                callback();
                if (version == _version && period > TimeSpan.Zero)
                    Plan(period, period, version);
            });
        }
    }
}
