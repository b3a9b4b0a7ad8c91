namespace Concord.Gossip;

/// <summary>What happened since the start that is nobody's event; for metrics.</summary>
public sealed class GossipCounters
{
    public long Probes { get; internal set; }

    /// <summary>Probes that neither the target, nor helpers, nor a stream answered.</summary>
    public long ProbesFailed { get; internal set; }

    public long ProbesIndirect { get; internal set; }

    /// <summary>Pings for another name: somebody has an old address.</summary>
    public long PingsForOthers { get; internal set; }

    /// <summary>Requests to probe for others beyond <see cref="GossipOptions.RelaysMax"/>.</summary>
    public long RelaysRefused { get; internal set; }

    /// <summary>Members not taken because the table is full.</summary>
    public long MembersRefused { get; internal set; }

    /// <summary>User events that came too late, or whose time is too far ahead, to be told apart from repeated ones.</summary>
    public long UserEventsRefused { get; internal set; }

    public long PushPullsDone { get; internal set; }

    public long PushPullsFailed { get; internal set; }
}
