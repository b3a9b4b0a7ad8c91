namespace Concord.Gossip;

/// <summary>
/// One member of a gossip group as a synchronous, deterministic state machine: the host calls inputs, then takes the
/// <see cref="GossipEffects"/> and performs them. In this project "SWIM" is Das, Gupta, Motivala, "SWIM: Scalable Weakly-consistent
/// Infection-style Process Group Membership Protocol" (DSN 2002), "Lifeguard" Dadgar, Phillips, Currey, "Lifeguard: Local
/// Health Awareness for More Accurate Failure Detection" (DSN-W 2018), and "memberlist" the Go library whose parameters are
/// the field's.
/// <para>
/// Time is a number of milliseconds, given with each input, that never goes back. A host that was held up gives what arrived
/// meanwhile first and calls <see cref="Advance"/> after it: else answers that are there already are taken for missing.
/// Not thread-safe.
/// </para>
/// </summary>
public sealed class GossipCore
{
    /// <summary>Seeds of one join: a handful is enough, since each knows everybody.</summary>
    public const int SeedsMax = 32;

    private readonly CoreState _state;
    private readonly MemberRules _rules;
    private readonly Streams _streams;
    private readonly Relays _relays;
    private readonly Probing _probing;
    private readonly Exchanges _exchanges;
    private readonly Rumours _rumours;
    private readonly UserEvents _events;
    private GossipEffects _spare = new();
    private long _leaveBy = long.MaxValue;

    /// <exception cref="ArgumentException">The options are wrong; the message lists everything that is.</exception>
    public GossipCore(GossipOptions options, long now)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } errors)
        {
            throw new ArgumentException(string.Join(' ', errors), nameof(options));
        }

        _state = new CoreState(options, now);
        _rules = new MemberRules(_state);
        _events = new UserEvents(_state);
        _streams = new Streams(_state, _rules, _events);
        _relays = new Relays(_state);
        _probing = new Probing(_state, _rules, _streams);
        _exchanges = new Exchanges(_state, _streams);
        _rumours = new Rumours(_state);
    }

    public MemberInfo Self => _state.Self;

    public uint Incarnation => _state.Members.Incarnation(MemberTable.Self);

    /// <summary>All known, this one first.</summary>
    public IEnumerable<MemberState> Members
    {
        get
        {
            yield return _state.Members.State(MemberTable.Self);
            for (int i = 0; i < _state.Members.Order.Length; i++)
            {
                yield return _state.Members.State(_state.Members.Order[i]);
            }
        }
    }

    /// <summary>Alive or suspect, this one included.</summary>
    public int Living => _state.Members.Living;

    /// <summary>Lifeguard's score: 0 is well.</summary>
    public int HealthScore => _state.Health.Score;

    /// <summary>Rumours that wait to be sent, user events included.</summary>
    public int Waiting => _state.Rumours.Count + _state.UserRumours.Count;

    public GossipCounters Counters => _state.Counters;

    /// <summary>When <see cref="Advance"/> is to be called next; changes with every input.</summary>
    public long NextDue => Math.Min(
        Math.Min(Math.Min(_rules.NextDue, _probing.NextDue), Math.Min(_relays.NextDue, _streams.NextDue)),
        Math.Min(Math.Min(_exchanges.NextDue, _rumours.NextDue), _leaveBy));

    /// <summary>Null: not known.</summary>
    public MemberState? Find(string name)
    {
        int slot = _state.Members.Find(name);
        return slot == MemberTable.None ? null : _state.Members.State(slot);
    }

    /// <summary>Does what is due.</summary>
    public void Advance(long now)
    {
        SetNow(now);
        _streams.Advance();
        _relays.Advance();
        _probing.Advance();
        _rules.Advance();
        _exchanges.Advance();
        _rumours.Advance();
        FinishLeaving();
    }

    /// <summary>One packet.</summary>
    /// <param name="from">Where answers go.</param>
    public void Receive(long now, GossipAddress from, IReadOnlyList<GossipMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        SetNow(now);
        for (int i = 0; i < messages.Count; i++)
        {
            Receive(from, messages[i]);
        }

        _rules.Correct(from);
    }

    /// <summary>
    /// What another asked on a connection of its own. It is answered in <see cref="GossipEffects.StreamReplies"/>; if nothing is
    /// there for it, close the connection.
    /// </summary>
    public void StreamReceived(long now, ulong connection, GossipMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        SetNow(now);
        if (_streams.Received(message) is { } answer)
        {
            _state.Effects.StreamRepliesList.Add(new(connection, answer));
        }
    }

    public void StreamAnswered(long now, ulong id, GossipMessage answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        Answer(now, id, answer);
    }

    public void StreamFailed(long now, ulong id) => Answer(now, id, null);

    /// <summary>Exchanges states with the seeds; ends with <see cref="GossipEvent.JoinFinished"/>. One join at a time.</summary>
    /// <exception cref="ArgumentException">No seeds, or too many.</exception>
    /// <exception cref="InvalidOperationException">A join is under way, or the member has left.</exception>
    public void Join(long now, ReadOnlySpan<GossipAddress> seeds)
    {
        if (seeds.Length is 0 or > SeedsMax)
        {
            throw new ArgumentException($"a join takes 1 to {SeedsMax} seeds, not {seeds.Length}: a few members are enough", nameof(seeds));
        }

        SetNow(now);
        RequireHere();
        if (_streams.IsJoining)
        {
            throw new InvalidOperationException("a join is under way: wait for its end");
        }

        _streams.Join(seeds);
    }

    /// <summary>Says goodbye; ends with <see cref="GossipEvent.LeaveFinished"/>. Go on with inputs until then.</summary>
    public void Leave(long now)
    {
        SetNow(now);
        if (!_state.IsLeaving)
        {
            _rules.LeaveSelf();
            _leaveBy = now + _state.Options.LeaveTimeout;
        }
    }

    /// <summary>Gives this member other metadata.</summary>
    /// <exception cref="ArgumentException">They are too large.</exception>
    /// <exception cref="InvalidOperationException">The member has left.</exception>
    public void Update(long now, ReadOnlyMemory<byte> metadata)
    {
        var self = new MemberInfo(Self.Name, Self.Address, metadata, Self.Protocol);
        SetNow(now);
        RequireHere();
        if (!self.SameAs(Self))
        {
            _rules.UpdateSelf(self);
        }
    }

    /// <summary>Tells every member; this one hears it as well.</summary>
    /// <exception cref="ArgumentException">Name or payload is too large.</exception>
    /// <exception cref="InvalidOperationException">The member has left.</exception>
    public void SendUserEvent(long now, string name, ReadOnlyMemory<byte> payload)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (WireText.Bytes(name) > GossipMessage.UserEvent.NameBytesMax)
        {
            throw new ArgumentException($"an event's name has at most {GossipMessage.UserEvent.NameBytesMax} bytes: shorten it", nameof(name));
        }

        if (payload.Length > GossipMessage.UserEvent.PayloadBytesMax)
        {
            throw new ArgumentException($"an event has at most {GossipMessage.UserEvent.PayloadBytesMax} bytes, not {payload.Length}: send where the data is", nameof(payload));
        }

        SetNow(now);
        RequireHere();
        _events.Send(name, payload);
    }

    /// <summary>What to do now. The object is used again by the call after the next.</summary>
    public GossipEffects TakeEffects()
    {
        var taken = _state.Effects;
        _spare.Clear();
        _state.Effects = _spare;
        _spare = taken;
        return taken;
    }

    private void Receive(GossipAddress from, GossipMessage message)
    {
        switch (message)
        {
            case GossipMessage.Ping ping when ping.Target == _state.Name:
                _state.Send(from, new GossipMessage.Ack(ping.Sequence));
                break;
            case GossipMessage.Ping:
                _state.Counters.PingsForOthers++;
                break;
            case GossipMessage.Ack ack:
                _ = _probing.Answered(ack.Sequence) || _relays.Answered(ack.Sequence);
                break;
            case GossipMessage.PingRequest request:
                _relays.Asked(from, request);
                break;
            case GossipMessage.Nack nack:
                _probing.NotHeard(nack.Sequence);
                break;
            case GossipMessage.Alive alive:
                _rules.Alive(alive.Incarnation, alive.Member);
                break;
            case GossipMessage.Suspect suspect:
                _rules.Suspect(suspect.Incarnation, suspect.Name, suspect.From);
                break;
            case GossipMessage.Dead dead:
                _rules.Dead(dead.Incarnation, dead.Name, dead.From);
                break;
            case GossipMessage.UserEvent happened:
                _events.Received(happened);
                break;
            default:
                // A full state has its own lane; in a packet it is ignored.
                break;
        }
    }

    private void Answer(long now, ulong id, GossipMessage? answer)
    {
        SetNow(now);
        if (_streams.Answered(id, answer) is { } probe)
        {
            _probing.AnsweredByStream(probe);
        }
    }

    private void FinishLeaving()
    {
        if (_leaveBy == long.MaxValue)
        {
            return;
        }

        bool told = !_state.Rumours.Holds(_state.Name) || _state.Members.Living == 0;
        if (told || _state.Now >= _leaveBy)
        {
            _leaveBy = long.MaxValue;
            _state.Tell(new GossipEvent.LeaveFinished(told));
        }
    }

    private void RequireHere()
    {
        if (_state.IsLeaving)
        {
            throw new InvalidOperationException("the member has left: start a new one");
        }
    }

    private void SetNow(long now) => _state.Now = Math.Max(_state.Now, now);
}
