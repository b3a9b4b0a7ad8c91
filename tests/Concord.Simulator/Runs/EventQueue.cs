namespace Concord.Simulator.Runs;

/// <summary>
/// Simulated time, in microseconds, and what is to happen when. Events of the same moment happen in the order in which
/// they were planned, so a run has one order only.
/// </summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<Action, Moment> _events = new();
    private long _planned;

    public long Now { get; private set; }

    public long Done { get; private set; }

    public void At(long time, Action action) => _events.Enqueue(action, new(Math.Max(time, Now), ++_planned));

    public void After(long delay, Action action) => At(Now + delay, action);

    /// <summary>Lets the next event happen; false if there is none up to <paramref name="end"/>, which is the time then.</summary>
    public bool TryStep(long end)
    {
        if (!_events.TryPeek(out var action, out var moment) || moment.Time > end)
        {
            Now = end;
            return false;
        }

        _events.Dequeue();
        Now = moment.Time;
        Done++;
        action();
        return true;
    }

    private readonly record struct Moment(long Time, long Number) : IComparable<Moment>
    {
        public int CompareTo(Moment other) => Time != other.Time ? Time.CompareTo(other.Time) : Number.CompareTo(other.Number);
    }
}
