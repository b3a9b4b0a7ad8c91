namespace Concord.Gossip;

/// <summary>
/// One member after the other is probed, in random order, all before one again (SWIM sections 3.1 and 4.3): directly, then by
/// helpers and by stream side by side. Lifeguard stretches the interval while this member seems unwell.
/// </summary>
internal sealed class Probing
{
    private readonly CoreState _state;
    private readonly MemberRules _rules;
    private readonly Streams _streams;
    private readonly List<int> _helpers = [];
    private Probe? _probe;
    private int _cursor;
    private long _started;
    private long _nextStart;

    public Probing(CoreState state, MemberRules rules, Streams streams)
    {
        _state = state;
        _rules = rules;
        _streams = streams;

        // Members that start together do not probe together.
        _nextStart = state.Now + state.Random.Below(state.Options.ProbeInterval);
    }

    public long NextDue => _probe is null
        ? (_state.IsLeaving ? long.MaxValue : _nextStart)
        : (_probe.IsIndirect ? _probe.Deadline : Math.Min(_probe.Timeout, _probe.Deadline));

    public void Advance()
    {
        if (_probe is { IsIndirect: false } direct && _state.Now >= direct.Timeout)
        {
            AskHelpers(direct);
        }

        if (_probe is not null && _state.Now >= _probe.Deadline)
        {
            Fail(_probe);
        }

        if (_probe is null && _state.Now >= _nextStart && !_state.IsLeaving)
        {
            Start();
        }
    }

    /// <summary>False if the answer is to nothing that was asked.</summary>
    public bool Answered(uint sequence)
    {
        if (_probe?.Sequence != sequence)
        {
            return false;
        }

        Succeed();
        return true;
    }

    public void NotHeard(uint sequence)
    {
        if (_probe is { IsIndirect: true } probe && probe.Sequence == sequence && probe.Nacks < probe.Asked)
        {
            probe.Nacks++;
        }
    }

    public void AnsweredByStream(uint sequence)
    {
        if (_probe is { } probe && probe.Sequence == sequence)
        {
            _state.Tell(new GossipEvent.PacketsBlocked(probe.Target));
            Succeed();
        }
    }

    private void Start()
    {
        _started = _state.Now;
        _nextStart = _started + _state.Health.Scale(_state.Options.ProbeInterval);
        int slot = NextTarget();
        if (slot == MemberTable.None)
        {
            return;
        }

        var target = _state.Members.Info(slot);
        var probe = new Probe(
            target,
            _state.NextSequence(),
            _started + _state.Health.Scale(_state.Options.ProbeTimeout),
            _nextStart);
        _probe = probe;
        _state.Counters.Probes++;
        var ping = new GossipMessage.Ping(probe.Sequence, target.Name);
        if (_state.Options.BuddySystem && _state.Members.Status(slot) == MemberStatus.Suspect)
        {
            _state.Send(target.Address, ping, new GossipMessage.Suspect(_state.Members.Incarnation(slot), target.Name, _state.Name));
        }
        else
        {
            _state.Send(target.Address, ping);
        }
    }

    private int NextTarget()
    {
        for (int rounds = 0; rounds < 2; rounds++)
        {
            for (var order = _state.Members.Order; _cursor < order.Length;)
            {
                int slot = order[_cursor++];
                if (_state.Members.IsLiving(slot))
                {
                    return slot;
                }
            }

            _rules.NewRound();
            _cursor = 0;
        }

        return MemberTable.None;
    }

    private void AskHelpers(Probe probe)
    {
        probe.IsIndirect = true;

        // A member that was held up itself gives its helpers their time before it accuses.
        probe.Deadline = Math.Max(probe.Deadline, _state.Now + probe.Deadline - probe.Timeout);
        _state.Counters.ProbesIndirect++;
        int target = _state.Members.Find(probe.Target.Name);
        _state.Pick(_state.Options.IndirectProbes, slot => slot != target && _state.Members.Status(slot) == MemberStatus.Alive, _helpers);
        var request = new GossipMessage.PingRequest(probe.Sequence, probe.Target.Name, _state.Options.Nacks);
        foreach (int helper in _helpers)
        {
            _state.Send(_state.Members.Info(helper).Address, request);
        }

        probe.Asked = _state.Options.Nacks ? _helpers.Count : 0;
        if (_state.Options.StreamProbe)
        {
            _streams.Probe(probe.Target.Address, new(probe.Sequence, probe.Target.Name));
        }
    }

    private void Succeed()
    {
        _probe = null;
        _state.Health.Add(-1);
        _nextStart = _started + _state.Health.Scale(_state.Options.ProbeInterval);
    }

    /// <summary>Helpers that did not even say that they heard nothing are evidence against this member's own health.</summary>
    private void Fail(Probe probe)
    {
        _probe = null;
        _state.Counters.ProbesFailed++;
        _state.Health.Add(probe.Asked > 0 ? probe.Asked - probe.Nacks : 1);
        int slot = _state.Members.Find(probe.Target.Name);
        if (slot != MemberTable.None)
        {
            _rules.Suspect(_state.Members.Incarnation(slot), probe.Target.Name, _state.Name);
        }
    }

    private sealed class Probe(MemberInfo target, uint sequence, long timeout, long deadline)
    {
        public MemberInfo Target => target;

        public uint Sequence => sequence;

        /// <summary>Until then the direct answer is waited for.</summary>
        public long Timeout => timeout;

        public long Deadline { get; set; } = deadline;

        public bool IsIndirect { get; set; }

        /// <summary>Helpers that answer in any case.</summary>
        public int Asked { get; set; }

        public int Nacks { get; set; }
    }
}
