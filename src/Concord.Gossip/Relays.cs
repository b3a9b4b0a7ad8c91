namespace Concord.Gossip;

/// <summary>Probes on behalf of others (SWIM section 3.1: ping-req; Lifeguard: nack).</summary>
internal sealed class Relays(CoreState state)
{
    // Few: a list is enough.
    private readonly List<Relay> _relays = [];

    public long NextDue { get; private set; } = long.MaxValue;

    public void Asked(GossipAddress from, GossipMessage.PingRequest request)
    {
        int slot = state.Members.Find(request.Target);
        if (slot is MemberTable.None or MemberTable.Self)
        {
            if (request.WantsNack)
            {
                state.Send(from, new GossipMessage.Nack(request.Sequence));
            }

            return;
        }

        if (_relays.Count == state.Options.RelaysMax)
        {
            state.Counters.RelaysRefused++;
            return;
        }

        // The answer "not heard" leaves early enough to be heard within the asker's interval.
        uint sequence = state.NextSequence();
        long end = state.Now + state.Options.ProbeTimeout;
        _relays.Add(new(sequence, request.Sequence, from, request.WantsNack ? state.Now + (state.Options.ProbeTimeout * 4 / 5) : end, end));
        state.Send(state.Members.Info(slot).Address, new GossipMessage.Ping(sequence, request.Target));
        FindNextDue();
    }

    /// <summary>False if the answer is not for a relay.</summary>
    public bool Answered(uint sequence)
    {
        int at = _relays.FindIndex(relay => relay.Sequence == sequence);
        if (at < 0)
        {
            return false;
        }

        state.Send(_relays[at].Asker, new GossipMessage.Ack(_relays[at].Asked));
        _relays.RemoveAt(at);
        FindNextDue();
        return true;
    }

    public void Advance()
    {
        if (state.Now < NextDue)
        {
            return;
        }

        for (int i = _relays.Count - 1; i >= 0; i--)
        {
            var relay = _relays[i];
            if (relay.End <= state.Now)
            {
                _relays.RemoveAt(i);
            }
            else if (relay.Due <= state.Now)
            {
                // A late answer is still passed on until the end.
                _relays[i] = relay with { Due = relay.End };
            }

            if (relay.Due <= state.Now && relay.Due < relay.End)
            {
                state.Send(relay.Asker, new GossipMessage.Nack(relay.Asked));
            }
        }

        FindNextDue();
    }

    private void FindNextDue()
    {
        NextDue = long.MaxValue;
        foreach (var relay in _relays)
        {
            NextDue = Math.Min(NextDue, relay.Due);
        }
    }

    /// <param name="Due">When to say that nothing was heard; <paramref name="End"/> if that is said, or not wanted.</param>
    private readonly record struct Relay(uint Sequence, uint Asked, GossipAddress Asker, long Due, long End);
}
