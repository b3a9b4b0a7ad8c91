namespace Concord.Gossip;

/// <summary>
/// The lane for what must arrive or does not fit a packet: full exchanges of state (join, now and then, reconnect) and the probe
/// of a member that no packet reaches.
/// </summary>
internal sealed class Streams(CoreState state, MemberRules rules, UserEvents events)
{
    // A probe, an exchange, a reconnection and the seeds of one join.
    private readonly List<Pending> _pending = [];
    private ulong _id;
    private Joining? _joining;

    public long NextDue { get; private set; } = long.MaxValue;

    public bool IsJoining => _joining is not null;

    public void Probe(GossipAddress to, GossipMessage.Ping ping) => Request(to, ping, ping.Sequence, Purpose.Probe);

    public void Exchange(GossipAddress to) => Request(to, Everything(), 0, Purpose.Exchange);

    public void Join(ReadOnlySpan<GossipAddress> seeds)
    {
        _joining = new(seeds.Length);
        var everything = Everything();
        foreach (var seed in seeds)
        {
            Request(seed, everything, 0, Purpose.Join);
        }
    }

    /// <summary>Answered, or with null failed; too late, it is ignored.</summary>
    /// <returns>The sequence of the probe that this answers, if any.</returns>
    public uint? Answered(ulong id, GossipMessage? answer)
    {
        int at = _pending.FindIndex(pending => pending.Id == id);
        if (at < 0)
        {
            return null;
        }

        var pending = _pending[at];
        _pending.RemoveAt(at);
        FindNextDue();
        if (pending.Purpose != Purpose.Probe)
        {
            Finish(pending, answer as GossipMessage.PushPull);
            return null;
        }

        return answer is GossipMessage.Ack ack && ack.Sequence == pending.Sequence ? ack.Sequence : null;
    }

    /// <summary>The answer to what another asked on a connection, or null: nothing that a stream asks.</summary>
    public GossipMessage? Received(GossipMessage message)
    {
        switch (message)
        {
            case GossipMessage.Ping ping when ping.Target == state.Name:
                return new GossipMessage.Ack(ping.Sequence);
            case GossipMessage.PushPull theirs:
                // Merged before it is answered, so that what this member objects to is objected to in the answer.
                Merge(theirs);
                return Everything();
            default:
                return null;
        }
    }

    public void Advance()
    {
        if (state.Now < NextDue)
        {
            return;
        }

        for (int i = _pending.Count - 1; i >= 0; i--)
        {
            if (_pending[i].End <= state.Now)
            {
                var late = _pending[i];
                _pending.RemoveAt(i);
                if (late.Purpose != Purpose.Probe)
                {
                    Finish(late, null);
                }
            }
        }

        FindNextDue();
    }

    private void Finish(Pending pending, GossipMessage.PushPull? theirs)
    {
        if (theirs is null)
        {
            state.Counters.PushPullsFailed++;
        }
        else
        {
            state.Counters.PushPullsDone++;
            Merge(theirs);
        }

        if (pending.Purpose == Purpose.Join && _joining is { } joining && joining.Count(theirs is not null))
        {
            _joining = null;
            state.Tell(new GossipEvent.JoinFinished(joining.Contacted, joining.Failed));
        }
    }

    private void Merge(GossipMessage.PushPull theirs)
    {
        events.Witness(theirs.Clock);
        rules.Merge(theirs.Members.Span);
    }

    private GossipMessage.PushPull Everything()
    {
        var members = new MemberState[state.Members.Count];
        int count = 0;
        members[count++] = state.Members.State(MemberTable.Self);
        foreach (int slot in state.Members.Order)
        {
            members[count++] = state.Members.State(slot);
        }

        return new(events.Clock, members);
    }

    private void Request(GossipAddress to, GossipMessage message, uint sequence, Purpose purpose)
    {
        ulong id = ++_id;
        _pending.Add(new(id, purpose, sequence, state.Now + state.Options.StreamTimeout));
        FindNextDue();
        state.Effects.StreamRequestsList.Add(new(id, to, message));
    }

    private void FindNextDue()
    {
        NextDue = long.MaxValue;
        foreach (var pending in _pending)
        {
            NextDue = Math.Min(NextDue, pending.End);
        }
    }

    private enum Purpose
    {
        Probe,
        Exchange,
        Join,
    }

    private readonly record struct Pending(ulong Id, Purpose Purpose, uint Sequence, long End);

    private sealed class Joining(int seeds)
    {
        public int Contacted { get; private set; }

        public int Failed { get; private set; }

        /// <summary>True when every seed is accounted for.</summary>
        public bool Count(bool contacted)
        {
            Contacted += contacted ? 1 : 0;
            Failed += contacted ? 0 : 1;
            return Contacted + Failed == seeds;
        }
    }
}
