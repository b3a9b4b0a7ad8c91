using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;

namespace Concord.Server.Peers;

/// <summary>
/// What the replicas of a group say to each other: Raft's messages, and calls of clients that only the leader can do. A
/// closed set. The transport delivers a message once or not at all, and those of one member to another in order.
/// </summary>
/// <remarks>
/// Calls carry numbers of the sender, which are never used again, also not by its next run. A call is sent once at most, so
/// the leader never does it twice.
/// </remarks>
internal abstract record PeerMessage
{
    private PeerMessage()
    {
    }

    /// <summary>Filled in by the receiving side from the connection, so nobody can speak for somebody else.</summary>
    public MemberId From { get; init; }

    public sealed record Raft(RaftMessage Message) : PeerMessage;

    /// <summary>A snapshot that has arrived whole, is durable, and was loaded on the way.</summary>
    public sealed record Snapshot(RaftMessage.InstallSnapshot Message, KeySpace Space) : PeerMessage;

    /// <summary>Put these commands into the log, next to each other.</summary>
    /// <param name="Numbers">One for each command.</param>
    public sealed record Propose(IReadOnlyList<long> Numbers, ReadOnlyMemory<byte>[] Commands) : PeerMessage;

    /// <summary>
    /// The commands are in the log from <see cref="First"/> on, in their order, or none of them is. Leaves before the entries
    /// do, so that the asker knows what to wait for when they come.
    /// </summary>
    public sealed record Proposed(IReadOnlyList<long> Numbers, RequestOutcome Outcome, LogIndex First, Term Term) : PeerMessage;

    /// <summary>Renew a lease, or tell how long it has left. May be asked again.</summary>
    public sealed record LeaseCall(long Number, LeaseId Lease, bool Renew) : PeerMessage;

    public sealed record LeaseReply(long Number, RequestOutcome Outcome, long? Seconds) : PeerMessage;

    /// <summary>Change who belongs to the group, or what is known of its members.</summary>
    public sealed record Change(long Number, IReadOnlyList<MemberChange> Changes, JointMode Mode, IReadOnlyDictionary<MemberId, MemberInfo> Info) : PeerMessage;

    public sealed record ChangeReply(long Number, RequestOutcome Outcome, string? Reason) : PeerMessage;

    /// <summary>The hash of the sender's state after an entry, to be compared with one's own.</summary>
    /// <param name="AuthChanges">How many changes of users and roles are in it.</param>
    public sealed record StateHash(LogIndex Index, long Revision, long Compacted, long AuthChanges, uint Hash) : PeerMessage;

    /// <summary>The sender is about to stop: ask it nothing more, and say <see cref="Farewell"/>.</summary>
    public sealed record Leaving : PeerMessage;

    /// <summary>
    /// What the sender asked before is all that it asked. It arrives after that, so whoever is leaving has then answered everything.
    /// </summary>
    public sealed record Farewell : PeerMessage;
}
