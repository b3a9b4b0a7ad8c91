using System.Runtime.InteropServices;

namespace Concord.Gossip;

/// <summary>
/// What a rumour does to the table (SWIM section 4.2): a higher incarnation overrides a lower; at the same incarnation suspect
/// overrides alive, and dead overrides both. What is news is passed on.
/// </summary>
internal sealed class MemberRules(CoreState state)
{
    /// <summary>Per packet received: an accuser that is wrong about more hears the rest the next time.</summary>
    private const int CorrectionsMax = 16;

    private readonly Dictionary<int, Suspicion> _suspicions = [];
    private readonly List<int> _due = [];
    private readonly List<MemberInfo> _forgotten = [];

    private readonly List<GossipMessage> _corrections = [];

    // Never later than the first suspicion that runs out.
    private long _nextDue = long.MaxValue;

    public long NextDue => _nextDue;

    private MemberTable Members => state.Members;

    /// <param name="quietly">Everybody else knows: not worth a rumour.</param>
    public void Alive(uint incarnation, MemberInfo member, bool quietly = false)
    {
        int slot = Members.Find(member.Name);
        if (slot == MemberTable.None)
        {
            Join(incarnation, member, quietly);
        }
        else if (slot == MemberTable.Self)
        {
            AliveSelf(incarnation, member);
        }
        else
        {
            AliveKnown(slot, incarnation, member);
        }
    }

    public void Suspect(uint incarnation, string name, string from)
    {
        int slot = Members.Find(name);
        if (slot == MemberTable.None || IsOld(slot, incarnation))
        {
            return;
        }

        if (slot == MemberTable.Self)
        {
            Refute(incarnation);
            return;
        }

        if (_suspicions.TryGetValue(slot, out var running))
        {
            Members.SetIncarnation(slot, incarnation);
            if (running.Confirm(from))
            {
                _nextDue = Math.Min(_nextDue, running.Due);
                state.Rumours.Add(new GossipMessage.Suspect(incarnation, name, from), name);
            }

            return;
        }

        if (Members.Status(slot) != MemberStatus.Alive)
        {
            return;
        }

        var member = Members.Info(slot);
        var suspicion = new Suspicion(SuspicionTiming.Of(state.Options, Members.Living), state.Now, from);
        _suspicions.Add(slot, suspicion);
        _nextDue = Math.Min(_nextDue, suspicion.Due);
        Members.SetIncarnation(slot, incarnation);
        Members.SetStatus(slot, MemberStatus.Suspect, state.Now);
        state.Rumours.Add(new GossipMessage.Suspect(incarnation, member.Name, from), member.Name);
        state.Tell(new GossipEvent.MemberSuspected(member, from));
    }

    public void Dead(uint incarnation, string name, string from)
    {
        int slot = Members.Find(name);
        if (slot == MemberTable.None || IsOld(slot, incarnation) || !Members.IsLiving(slot))
        {
            return;
        }

        if (slot == MemberTable.Self)
        {
            Refute(incarnation);
            return;
        }

        var member = Members.Info(slot);
        _suspicions.Remove(slot);
        bool left = from == member.Name;
        Members.SetIncarnation(slot, incarnation);
        Members.SetStatus(slot, left ? MemberStatus.Left : MemberStatus.Dead, state.Now);
        state.Rumours.Add(new GossipMessage.Dead(incarnation, member.Name, from), member.Name);
        state.Tell(left ? new GossipEvent.MemberLeft(member) : new GossipEvent.MemberDied(member, from));
    }

    /// <summary>
    /// Another's whole table. A death is taken as a suspicion: a member that is there can object, and one that is not there is
    /// found dead again.
    /// </summary>
    public void Merge(ReadOnlySpan<MemberState> others)
    {
        // Who joins alone brings no news from there; telling everybody what everybody knows would be a storm.
        bool alone = Members.Count == 1;
        if (alone)
        {
            Members.Reserve(Math.Min(others.Length + 1, state.Options.MembersMax));
        }

        foreach (ref readonly var other in others)
        {
            switch (other.Status)
            {
                case MemberStatus.Alive:
                    Alive(other.Incarnation, other.Info, alone);
                    break;
                case MemberStatus.Left:
                    Dead(other.Incarnation, other.Info.Name, other.Info.Name);
                    break;
                case MemberStatus.Suspect:
                    // A newcomer would not know whom the suspicion is about.
                    if (Members.Find(other.Info.Name) == MemberTable.None)
                    {
                        Alive(other.Incarnation, other.Info, alone);
                    }

                    Suspect(other.Incarnation, other.Info.Name, state.Name);
                    break;
                default:
                    Suspect(other.Incarnation, other.Info.Name, state.Name);
                    break;
            }
        }

        // The answer to a full state is one.
        _corrections.Clear();
    }

    /// <summary>
    /// Tells the sender of a packet what it was wrong about: that somebody lives under a newer incarnation than the one it accused.
    /// Without it, a member that missed a refutation goes on to declare the death of one that answers its probes, since
    /// the accused has objected already and the others pass over old rumours.
    /// </summary>
    public void Correct(GossipAddress sender)
    {
        if (_corrections.Count == 0)
        {
            return;
        }

        int fits = 0;
        int bytes = PacketCodec.HeaderBytes;
        while (fits < _corrections.Count && (bytes += PacketCodec.SizeOf(_corrections[fits])) <= state.Options.PacketBytes)
        {
            fits++;
        }

        state.SendAlone(sender, CollectionsMarshal.AsSpan(_corrections)[..fits]);
        _corrections.Clear();
    }

    /// <summary>This member has something new to say of itself.</summary>
    public void UpdateSelf(MemberInfo self)
    {
        Members.SetInfo(MemberTable.Self, self);
        Announce(Next(Members.Incarnation(MemberTable.Self)));
    }

    public void LeaveSelf()
    {
        state.IsLeaving = true;
        Members.SetStatus(MemberTable.Self, MemberStatus.Left, state.Now);
        state.Rumours.Add(new GossipMessage.Dead(Members.Incarnation(MemberTable.Self), state.Name, state.Name), state.Name);
    }

    /// <summary>Declares those dead that did not object in time.</summary>
    public void Advance()
    {
        if (state.Now < _nextDue)
        {
            return;
        }

        _due.Clear();
        _nextDue = long.MaxValue;
        foreach (var (slot, suspicion) in _suspicions)
        {
            if (suspicion.Due <= state.Now)
            {
                _due.Add(slot);
            }
            else
            {
                _nextDue = Math.Min(_nextDue, suspicion.Due);
            }
        }

        _due.Sort();
        foreach (int slot in _due)
        {
            Dead(Members.Incarnation(slot), Members.Info(slot).Name, state.Name);
        }
    }

    /// <summary>A new round of probes begins.</summary>
    public void NewRound()
    {
        Members.Shuffle(ref state.Random, IsOver, _forgotten);
        foreach (var member in _forgotten)
        {
            state.Tell(new GossipEvent.MemberForgotten(member));
        }

        _forgotten.Clear();
    }

    /// <summary>An accusation of an earlier incarnation.</summary>
    private bool IsOld(int slot, uint incarnation)
    {
        if (incarnation >= Members.Incarnation(slot))
        {
            return false;
        }

        if (state.Options.Corrections && Members.IsLiving(slot) && _corrections.Count < CorrectionsMax)
        {
            _corrections.Add(new GossipMessage.Alive(Members.Incarnation(slot), Members.Info(slot)));
        }

        return true;
    }

    private bool IsOver(int slot)
    {
        int keep = Members.Status(slot) == MemberStatus.Dead ? state.Options.ForgetDead : state.Options.GossipToTheDead;
        return state.Now - Members.Changed(slot) >= keep;
    }

    private void Join(uint incarnation, MemberInfo member, bool quietly)
    {
        if (Members.Count >= state.Options.MembersMax)
        {
            state.Counters.MembersRefused++;
            return;
        }

        Members.Add(member, incarnation, ref state.Random);
        if (!quietly)
        {
            state.Rumours.Add(new GossipMessage.Alive(incarnation, member), member.Name);
        }

        state.Tell(new GossipEvent.MemberJoined(member));
    }

    private void AliveSelf(uint incarnation, MemberInfo member)
    {
        uint mine = Members.Incarnation(MemberTable.Self);
        if (state.IsLeaving || incarnation < mine || (incarnation == mine && member.SameAs(state.Self)))
        {
            return;
        }

        // Not refuted: two processes of one name would refute each other for ever.
        if (member.Address != state.Self.Address)
        {
            state.Tell(new GossipEvent.NameConflict(state.Self, member.Address));
            return;
        }

        // From an earlier run of this member.
        Refute(incarnation);
    }

    private void AliveKnown(int slot, uint incarnation, MemberInfo member)
    {
        var before = Members.Info(slot);
        var status = Members.Status(slot);
        bool reclaims = member.Address != before.Address;
        if (reclaims)
        {
            bool free = status == MemberStatus.Left
                || (status == MemberStatus.Dead && state.Now - Members.Changed(slot) >= state.Options.ReclaimDead);
            if (!free)
            {
                if (status != MemberStatus.Dead)
                {
                    state.Tell(new GossipEvent.NameConflict(before, member.Address));
                }

                return;
            }
        }
        else if (incarnation <= Members.Incarnation(slot))
        {
            return;
        }

        _suspicions.Remove(slot);
        Members.SetInfo(slot, member);
        Members.SetIncarnation(slot, incarnation);
        Members.SetStatus(slot, MemberStatus.Alive, state.Now);
        state.Rumours.Add(new GossipMessage.Alive(incarnation, member), member.Name);
        TellAlive(status, before, member);
    }

    private void TellAlive(MemberStatus before, MemberInfo old, MemberInfo member)
    {
        if (before is MemberStatus.Dead or MemberStatus.Left)
        {
            state.Tell(new GossipEvent.MemberJoined(member));
            return;
        }

        if (before == MemberStatus.Suspect)
        {
            state.Tell(new GossipEvent.MemberRefuted(member));
        }

        if (!member.SameAs(old))
        {
            state.Tell(new GossipEvent.MemberUpdated(member, old));
        }
    }

    /// <summary>
    /// Objects to what others say of this member. At the highest incarnation there is nothing left to object with; it takes four
    /// billion refutations, or a forged rumour, which the keys are against.
    /// </summary>
    private void Refute(uint accused)
    {
        if (state.IsLeaving)
        {
            return;
        }

        state.Health.Add(1);
        uint incarnation = Next(Math.Max(Members.Incarnation(MemberTable.Self), accused));
        Announce(incarnation);
        state.Tell(new GossipEvent.SelfRefuted(incarnation));
    }

    private void Announce(uint incarnation)
    {
        Members.SetIncarnation(MemberTable.Self, incarnation);
        state.Rumours.Add(new GossipMessage.Alive(incarnation, state.Self), state.Name);
    }

    private static uint Next(uint incarnation) => incarnation == uint.MaxValue ? incarnation : incarnation + 1;
}
