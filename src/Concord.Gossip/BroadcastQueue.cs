namespace Concord.Gossip;

/// <summary>
/// Rumours that go along with packets (SWIM section 4.1), each a limited number of times. A packet is filled with those sent
/// least often, of them the largest that fit.
/// </summary>
/// <param name="countMax">When it is full, what was sent most often makes room.</param>
internal sealed class BroadcastQueue(int countMax)
{
    /// <summary>No rumour is smaller: kind, incarnation, two names of one byte.</summary>
    private const int BytesMin = 5;

    // In order. A sorted array: queues are short but for a join, and then moving pointers still costs microseconds.
    private readonly List<Broadcast> _sorted = [];
    private readonly List<int> _taken = [];
    private readonly Dictionary<string, Broadcast> _bySubject = [];
    private long _number;

    public int Count => _sorted.Count;

    /// <summary>How often each rumour is sent: multiplier × ⌈log10(n + 1)⌉.</summary>
    public static int Limit(int multiplier, int members) => multiplier * (int)Math.Ceiling(Math.Log10(members + 1));

    public bool Holds(string subject) => _bySubject.ContainsKey(subject);

    public void Add(GossipMessage message, string? subject)
    {
        var added = new Broadcast(message, subject, PacketCodec.SizeOf(message), _number++);
        if (subject is not null)
        {
            if (_bySubject.TryGetValue(subject, out var older))
            {
                _sorted.RemoveAt(IndexOf(older));
            }

            _bySubject[subject] = added;
        }

        if (_sorted.Count == countMax)
        {
            Forget(_sorted[^1]);
            _sorted.RemoveAt(_sorted.Count - 1);
        }

        Insert(added);
    }

    /// <summary>Adds to <paramref name="packet"/> what fits in <paramref name="budget"/> bytes.</summary>
    /// <param name="limit">Sent so often, a rumour is dropped.</param>
    /// <returns>The bytes added.</returns>
    public int Fill(List<GossipMessage> packet, int budget, int limit)
    {
        int left = budget;
        _taken.Clear();
        for (int i = 0; i < _sorted.Count && left >= BytesMin;)
        {
            var next = _sorted[i];
            if (next.Bytes <= left)
            {
                packet.Add(next.Message);
                left -= next.Bytes;
                _taken.Add(i++);
            }
            else
            {
                // The first of this tier that fits, or the first of the next tier.
                i = LowerBound(next.Transmits, left, long.MaxValue);
            }
        }

        Requeue(limit);
        return budget - left;
    }

    private void Requeue(int limit)
    {
        if (_taken.Count == 0)
        {
            return;
        }

        var sent = new Broadcast[_taken.Count];
        for (int i = 0; i < sent.Length; i++)
        {
            sent[i] = _sorted[_taken[i]];
        }

        int kept = _taken[0];
        for (int i = kept, taken = 0; i < _sorted.Count; i++)
        {
            if (taken < _taken.Count && _taken[taken] == i)
            {
                taken++;
            }
            else
            {
                _sorted[kept++] = _sorted[i];
            }
        }

        _sorted.RemoveRange(kept, _sorted.Count - kept);
        foreach (var broadcast in sent)
        {
            broadcast.Transmits++;
            if (broadcast.Transmits >= limit)
            {
                Forget(broadcast);
            }
            else
            {
                Insert(broadcast);
            }
        }
    }

    private void Forget(Broadcast broadcast)
    {
        if (broadcast.Subject is { } subject && _bySubject.TryGetValue(subject, out var current) && current == broadcast)
        {
            _bySubject.Remove(subject);
        }
    }

    private void Insert(Broadcast broadcast) => _sorted.Insert(IndexOf(broadcast), broadcast);

    private int IndexOf(Broadcast broadcast) => LowerBound(broadcast.Transmits, broadcast.Bytes, broadcast.Number);

    private int LowerBound(int transmits, int bytes, long number)
    {
        int low = 0, high = _sorted.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_sorted[middle].CompareTo(transmits, bytes, number) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
