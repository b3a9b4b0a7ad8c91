namespace Concord.Server.Etcd.Compaction;

/// <summary>
/// Keeps the history of a time. As etcd does it: the revision is noted ten times per period (of an hour at most); after the first
/// whole period the oldest note is compacted, and from then on once per period, or per hour if that is shorter. An attempt that
/// failed is repeated at the next note.
/// </summary>
internal sealed class PeriodicPolicy : CompactionPolicy
{
    private const int NotesPerRound = 10;

    private static readonly TimeSpan RoundMax = TimeSpan.FromHours(1);

    private readonly Queue<long> _notes = new();
    private readonly TimeSpan _period;
    private readonly TimeSpan _round;
    private TimeSpan _lastDone;
    private long _lastRevision;
    private bool _hasCompacted;

    public PeriodicPolicy(TimeSpan period)
    {
        _period = period;
        _round = period < RoundMax ? period : RoundMax;
        Interval = _round / NotesPerRound;
    }

    public override TimeSpan Interval { get; }

    /// <summary>Compared an interval after the last note, the oldest is then a whole period old and up to one interval more.</summary>
    private int NotesMax => (int)(_period / Interval) + 1;

    public override void Look(long revision)
    {
        _notes.Enqueue(revision);
        if (_notes.Count > NotesMax)
        {
            _notes.Dequeue();
        }
    }

    public override long? Due(TimeSpan sinceStart, long revision)
    {
        var oldest = _notes.Peek();
        var isEarly = sinceStart - _lastDone < (_hasCompacted ? _round : _period);
        return isEarly || oldest == _lastRevision ? null : oldest;
    }

    public override void Done(TimeSpan sinceStart, long revision)
    {
        (_lastDone, _lastRevision) = (sinceStart, revision);
        _hasCompacted = true;
    }
}
