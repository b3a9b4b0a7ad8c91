namespace Concord.Gossip;

/// <summary>
/// What members say to each other. A closed set. Probes and rumours travel in packets, several in one; full states and
/// probes by stream travel one at a time. Lost, repeated and reordered messages are harmless. Immutable.
/// </summary>
public abstract record GossipMessage
{
    private GossipMessage()
    {
    }

    /// <summary>Are you there? (SWIM section 3.1)</summary>
    /// <param name="Sequence">Repeated by the answer.</param>
    /// <param name="Target">Who is meant: a process that took over another's address must not answer for it.</param>
    public sealed record Ping(uint Sequence, string Target) : GossipMessage;

    public sealed record Ack(uint Sequence) : GossipMessage;

    /// <summary>
    /// Ping <paramref name="Target"/> for me (SWIM section 3.1, ping-req). The helper pings the address that it knows, so
    /// nobody can be made to send to an address of a stranger's choice.
    /// </summary>
    /// <param name="WantsNack">Answer also when the target does not (Lifeguard, local health aware probe).</param>
    public sealed record PingRequest(uint Sequence, string Target, bool WantsNack) : GossipMessage;

    /// <summary>I am there, but I did not hear the one you asked about.</summary>
    public sealed record Nack(uint Sequence) : GossipMessage;

    /// <summary>A rumour: a member at this incarnation did not answer <paramref name="From"/>.</summary>
    public sealed record Suspect(uint Incarnation, string Name, string From) : GossipMessage;

    /// <summary>A rumour: a member says this of itself.</summary>
    public sealed record Alive(uint Incarnation, MemberInfo Member) : GossipMessage;

    /// <summary>A rumour: a member is gone. From the member itself, it left.</summary>
    public sealed record Dead(uint Incarnation, string Name, string From) : GossipMessage;

    /// <summary>Everything that the sender knows; answered in kind. Streams only.</summary>
    /// <param name="Clock">The sender's Lamport time of user events.</param>
    public sealed record PushPull(ulong Clock, ReadOnlyMemory<MemberState> Members) : GossipMessage;

    /// <summary>A named payload for every member.</summary>
    /// <param name="Time">Lamport time at which it was sent.</param>
    /// <param name="Origin">Member that sent it: two may send at the same Lamport time.</param>
    public sealed record UserEvent(ulong Time, string Origin, string Name, ReadOnlyMemory<byte> Payload) : GossipMessage
    {
        /// <summary>In UTF-8.</summary>
        public const int NameBytesMax = 64;

        /// <summary>An event is a hint to look, not the data.</summary>
        public const int PayloadBytesMax = 512;

        /// <summary>
        /// Far beyond what counting reaches, and below where it would overflow: a made-up time must not end the counting.
        /// </summary>
        public const ulong TimeMax = ulong.MaxValue / 2;

        public bool Repeats(UserEvent other)
        {
            ArgumentNullException.ThrowIfNull(other);
            return Time == other.Time && Origin == other.Origin && Name == other.Name && Payload.Span.SequenceEqual(other.Payload.Span);
        }
    }
}
