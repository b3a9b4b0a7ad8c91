using Concord.Mvcc;

namespace Concord.Node;

/// <summary>
/// The leader's count-down of leases, in ticks. It never ends a lease early: a lease granted or renewed somewhere within a
/// tick is given that tick for free.
/// </summary>
/// <remarks>
/// Each lease has one entry in a heap, ordered by a time at which it is worth looking at. Renewing only writes the new
/// deadline down; the entry that then comes up too early is pushed back. So a renewal costs a look-up, a tick costs
/// only the leases that are due, and a lease moves in the heap once per time to live at most, however often it is renewed.
/// </remarks>
internal sealed class LeaseClock(int tickMilliseconds)
{
    /// <summary>
    /// Ended leases that may wait in the heap besides as many as are alive: a lease of a year that was revoked at once must
    /// not be remembered for a year.
    /// </summary>
    private const int GoneMax = 1024;

    private readonly Dictionary<LeaseId, Countdown> _leases = [];
    private readonly PriorityQueue<Countdown, (long Tick, long Lease)> _due = new();
    private long _now;
    private int _goneInHeap;

    public int Count => _leases.Count;

    /// <summary>Starts the count-down of a lease with its full time, and <paramref name="extraTicks"/> more.</summary>
    public void Add(LeaseId lease, long ttlSeconds, long extraTicks = 0)
    {
        var countdown = new Countdown(lease, ttlSeconds, Deadline(ttlSeconds) + extraTicks);
        _leases.Add(lease, countdown);
        _due.Enqueue(countdown, (countdown.Deadline, lease.Value));
    }

    /// <summary>The lease has ended. Its entry in the heap is dropped when it comes up.</summary>
    public void Remove(LeaseId lease)
    {
        if (_leases.Remove(lease, out var countdown))
        {
            countdown.IsGone = true;
            if (!countdown.IsExpiring && ++_goneInHeap > GoneMax + _leases.Count)
            {
                DropGone();
            }
        }
    }

    public void Clear()
    {
        _leases.Clear();
        _due.Clear();
        _goneInHeap = 0;
    }

    public Countdown? Find(LeaseId lease) => _leases.GetValueOrDefault(lease);

    /// <summary>Gives a lease its full time again.</summary>
    public void Renew(Countdown countdown) => countdown.Deadline = Deadline(countdown.TtlSeconds);

    /// <summary>Whole seconds left, rounded down, not negative.</summary>
    public long SecondsLeft(Countdown countdown) => Math.Max(0, countdown.Deadline - 1 - _now) * tickMilliseconds / 1000;

    public void Tick() => _now++;

    /// <summary>Takes leases whose time has run out, earliest first; each is given once.</summary>
    public void TakeExpired(int countMax, List<LeaseId> expired)
    {
        while (expired.Count < countMax && _due.TryPeek(out var countdown, out var at) && at.Tick <= _now)
        {
            _due.Dequeue();
            if (countdown.IsGone)
            {
                _goneInHeap--;
                continue;
            }

            if (countdown.Deadline > _now)
            {
                _due.Enqueue(countdown, (countdown.Deadline, countdown.Lease.Value));
                continue;
            }

            countdown.IsExpiring = true;
            expired.Add(countdown.Lease);
        }
    }

    /// <summary>Takes back what <see cref="TakeExpired"/> gave, because it could not be proposed.</summary>
    public void PutBack(IReadOnlyList<LeaseId> expired)
    {
        foreach (var lease in expired)
        {
            var countdown = _leases[lease];
            countdown.IsExpiring = false;
            _due.Enqueue(countdown, (countdown.Deadline, lease.Value));
        }
    }

    private void DropGone()
    {
        var live = _due.UnorderedItems.Where(item => !item.Element.IsGone).ToArray();
        _due.Clear();
        _due.EnqueueRange(live);
        _goneInHeap = 0;
    }

    /// <summary>The tick that is running counts as spent, hence one more.</summary>
    private long Deadline(long ttlSeconds) => _now + 1 + ((ttlSeconds * 1000) + tickMilliseconds - 1) / tickMilliseconds;

    internal sealed class Countdown(LeaseId lease, long ttlSeconds, long deadline)
    {
        public LeaseId Lease { get; } = lease;

        public long TtlSeconds { get; } = ttlSeconds;

        public long Deadline { get; set; } = deadline;

        /// <summary>Its end is proposed; it can no longer be renewed.</summary>
        public bool IsExpiring { get; set; }

        public bool IsGone { get; set; }
    }
}
