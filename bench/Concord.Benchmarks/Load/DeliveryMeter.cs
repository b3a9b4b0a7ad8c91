using System.Diagnostics;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Load;

/// <summary>
/// Counts one published change at its watchers: each must see it exactly once. Watchers of one lane report one at a time.
/// </summary>
internal sealed class DeliveryMeter(int watchers, int lanes)
{
    private readonly LatencyHistogram[] _deliveries = [.. Enumerable.Range(0, lanes).Select(_ => new LatencyHistogram())];
    private readonly LatencyHistogram _last = new();
    private Round _round = new([], watchers, long.MaxValue);
    private long _surplus;

    /// <summary>Deliveries of something else than the change that was under way, or of it once more.</summary>
    public long Surplus => Interlocked.Read(ref _surplus);

    public LatencyHistogram Last => _last;

    public LatencyHistogram Deliveries
    {
        get
        {
            var sum = new LatencyHistogram();
            Array.ForEach(_deliveries, sum.Add);
            return sum;
        }
    }

    /// <summary>Publishes one change, which carries <paramref name="mark"/>, and waits until every watcher has it.</summary>
    public async Task<TimeSpan> PublishAsync(byte[] mark, Func<Task> publish, TimeSpan timeout, CancellationToken cancellation)
    {
        var round = new Round(mark, watchers, Stopwatch.GetTimestamp());
        Volatile.Write(ref _round, round);
        await publish();
        try
        {
            await round.Done.Task.WaitAsync(timeout, cancellation);
        }
        catch (TimeoutException)
        {
            throw new BadAnswerException($"{round.Left} of {watchers} watchers did not get a change within {timeout.TotalSeconds} s");
        }

        var elapsed = Stopwatch.GetElapsedTime(round.From, round.To);
        _last.Record(elapsed);
        return elapsed;
    }

    /// <summary>A watcher got a message.</summary>
    public void OnDelivery(int lane, ReadOnlySpan<byte> message)
    {
        var round = Volatile.Read(ref _round);
        if (message.IndexOf(round.Mark) < 0)
        {
            Interlocked.Increment(ref _surplus);
            return;
        }

        var now = Stopwatch.GetTimestamp();
        _deliveries[lane].Record(Stopwatch.GetElapsedTime(round.From, now));
        var left = Interlocked.Decrement(ref round.Left);
        if (left == 0)
        {
            round.To = now;
            round.Done.TrySetResult();
        }
        else if (left < 0)
        {
            Interlocked.Increment(ref _surplus);
        }
    }

    private sealed class Round(byte[] mark, int watchers, long from)
    {
        public int Left = watchers;

        public byte[] Mark { get; } = mark;

        public long From { get; } = from;

        public long To { get; set; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
