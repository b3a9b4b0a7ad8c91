namespace Concord.Gossip;

/// <summary>What changed in this member's view. A closed set; in the order in which it happened.</summary>
public abstract record GossipEvent
{
    private GossipEvent()
    {
    }

    /// <summary>Heard of for the first time, or back after it was dead or had left.</summary>
    public sealed record MemberJoined(MemberInfo Member) : GossipEvent;

    public sealed record MemberUpdated(MemberInfo Member, MemberInfo Before) : GossipEvent;

    public sealed record MemberSuspected(MemberInfo Member, string From) : GossipEvent;

    /// <summary>It refuted a suspicion.</summary>
    public sealed record MemberRefuted(MemberInfo Member) : GossipEvent;

    /// <param name="From">Whose suspicion ran out.</param>
    public sealed record MemberDied(MemberInfo Member, string From) : GossipEvent;

    public sealed record MemberLeft(MemberInfo Member) : GossipEvent;

    /// <summary>Dead or gone for so long that its record was dropped.</summary>
    public sealed record MemberForgotten(MemberInfo Member) : GossipEvent;

    /// <summary>A second process uses the name of a living member. It is ignored: give it another name.</summary>
    public sealed record NameConflict(MemberInfo Member, GossipAddress Other) : GossipEvent;

    /// <summary>Others took this member for suspect or dead; it objected under a new incarnation.</summary>
    public sealed record SelfRefuted(uint Incarnation) : GossipEvent;

    /// <summary>A member answers by stream but not by packet: packets between the two are blocked.</summary>
    public sealed record PacketsBlocked(MemberInfo Member) : GossipEvent;

    /// <summary>A user event, once, the member's own included.</summary>
    public sealed record UserEventReceived(GossipMessage.UserEvent Event) : GossipEvent;

    /// <param name="Contacted">Seeds that answered; 0: the join failed.</param>
    public sealed record JoinFinished(int Contacted, int Failed) : GossipEvent;

    /// <param name="Told">False: the goodbye was not sent often enough in time, others may see a death instead.</param>
    public sealed record LeaveFinished(bool Told) : GossipEvent;
}
