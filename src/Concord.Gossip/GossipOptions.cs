namespace Concord.Gossip;

/// <summary>
/// What a <see cref="GossipCore"/> is built from. Defaults are for one data centre (memberlist's LAN profile where nothing
/// else is said). Times are milliseconds of the host's monotonic clock. Each limit says why it is there.
/// </summary>
public sealed record GossipOptions
{
    /// <summary>This member as it presents itself.</summary>
    public required MemberInfo Self { get; init; }

    /// <summary>Source of every random choice. Must differ between members and between starts of one.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Each such interval one member is probed (SWIM's protocol period).</summary>
    public int ProbeInterval { get; init; } = 1000;

    /// <summary>Wait for the direct answer: the 99th percentile of the round trip, with room.</summary>
    public int ProbeTimeout { get; init; } = 500;

    /// <summary>Helpers of an indirect probe (SWIM's k).</summary>
    public int IndirectProbes { get; init; } = 3;

    /// <summary>A target that does not answer is also probed by stream: many networks lose datagrams only.</summary>
    public bool StreamProbe { get; init; } = true;

    /// <summary>Lifeguard's alpha: the least suspicion time is this × log10(n) × probe interval.</summary>
    public int SuspicionMultiplier { get; init; } = 4;

    /// <summary>Lifeguard's beta: the suspicion time before others confirm, as a multiple of the least. 1: fixed time, as in SWIM.</summary>
    public int SuspicionMaxMultiplier { get; init; } = 6;

    /// <summary>Lifeguard's S: probes slow down up to this many times while this member seems unwell. 1: never.</summary>
    public int LocalHealthMax { get; init; } = 8;

    /// <summary>Ask helpers to say when the target does not answer (Lifeguard).</summary>
    public bool Nacks { get; init; } = true;

    /// <summary>Tell a suspect so with the ping (Lifeguard's buddy system).</summary>
    public bool BuddySystem { get; init; } = true;

    /// <summary>
    /// Answer an accusation of an earlier incarnation with the newer one. Neither paper has it. A member that missed a refutation
    /// would else declare the death of one that answers its probes: docs/design/0011-gossip.md.
    /// </summary>
    public bool Corrections { get; init; } = true;

    /// <summary>Each rumour leaves a member this × ⌈log10(n + 1)⌉ times (SWIM's lambda).</summary>
    public int RetransmitMultiplier { get; init; } = 4;

    /// <summary>Between packets of rumours while there are any.</summary>
    public int GossipInterval { get; init; } = 200;

    /// <summary>Members that get rumours per interval.</summary>
    public int GossipTargets { get; init; } = 3;

    /// <summary>How long a dead member still gets rumours: one that only seemed dead hears of it and objects.</summary>
    public int GossipToTheDead { get; init; } = 30_000;

    /// <summary>Between full exchanges of state with one random member; grows with the number of members.</summary>
    public int PushPullInterval { get; init; } = 30_000;

    /// <summary>
    /// Between attempts to reach a dead member again by a full exchange. Two halves of a network that was cut for longer than
    /// <see cref="GossipToTheDead"/> find each other by it.
    /// </summary>
    public int ReconnectInterval { get; init; } = 30_000;

    /// <summary>A dead member is remembered for so long; 24 hours outlast a repair.</summary>
    public int ForgetDead { get; init; } = 24 * 3600 * 1000;

    /// <summary>
    /// A dead member's name may be taken by another address after this: a container that comes back elsewhere. Longer than a
    /// refutation takes, or a wrong suspicion could give a living member's name away.
    /// </summary>
    public int ReclaimDead { get; init; } = 30_000;

    /// <summary>How long a stream may take to answer.</summary>
    public int StreamTimeout { get; init; } = 10_000;

    /// <summary>How long a goodbye may take.</summary>
    public int LeaveTimeout { get; init; } = 5_000;

    /// <summary>
    /// One datagram: below the usual 1,500 bytes of an Ethernet frame with room for headers and tunnels, since a datagram in
    /// pieces is lost with any of them. Subtract <see cref="PacketKeyring.Overhead"/> when packets are encrypted.
    /// </summary>
    public int PacketBytes { get; init; } = 1400;

    /// <summary>Members in the table, dead ones included: bounds memory against made-up names.</summary>
    public int MembersMax { get; init; } = 65_536;

    /// <summary>Rumours waiting; beyond it those sent most often go first. A full exchange repairs what is missed.</summary>
    public int BroadcastsMax { get; init; } = 16_384;

    /// <summary>User events waiting; beyond it the ones sent most often go first.</summary>
    public int UserBroadcastsMax { get; init; } = 512;

    /// <summary>Probes for others under way. Far above the few that a healthy cluster asks for.</summary>
    public int RelaysMax { get; init; } = 256;

    /// <summary>Everything that is wrong, each naming the field and the remedy; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> errors = [];
        AtLeast(errors, nameof(ProbeTimeout), ProbeTimeout, 1);
        Require(errors, ProbeInterval > ProbeTimeout,
            $"{nameof(ProbeInterval)} ({ProbeInterval}) must be greater than {nameof(ProbeTimeout)} ({ProbeTimeout}): helpers need the rest of the interval.");
        AtLeast(errors, nameof(IndirectProbes), IndirectProbes, 0);
        Require(errors, IndirectProbes <= 16, $"{nameof(IndirectProbes)} ({IndirectProbes}) must be at most 16: each costs four packets.");
        AtLeast(errors, nameof(SuspicionMultiplier), SuspicionMultiplier, 1);
        AtLeast(errors, nameof(SuspicionMaxMultiplier), SuspicionMaxMultiplier, 1);
        AtLeast(errors, nameof(LocalHealthMax), LocalHealthMax, 1);
        AtLeast(errors, nameof(RetransmitMultiplier), RetransmitMultiplier, 1);
        AtLeast(errors, nameof(GossipInterval), GossipInterval, 1);
        AtLeast(errors, nameof(GossipTargets), GossipTargets, 1);
        Require(errors, GossipTargets <= 16, $"{nameof(GossipTargets)} ({GossipTargets}) must be at most 16.");
        AtLeast(errors, nameof(GossipToTheDead), GossipToTheDead, 0);
        AtLeast(errors, nameof(PushPullInterval), PushPullInterval, 1);
        AtLeast(errors, nameof(ReconnectInterval), ReconnectInterval, 1);
        Require(errors, ForgetDead >= GossipToTheDead,
            $"{nameof(ForgetDead)} ({ForgetDead}) must be at least {nameof(GossipToTheDead)} ({GossipToTheDead}).");
        AtLeast(errors, nameof(ReclaimDead), ReclaimDead, 0);
        AtLeast(errors, nameof(StreamTimeout), StreamTimeout, 1);
        AtLeast(errors, nameof(LeaveTimeout), LeaveTimeout, 1);
        Require(errors, PacketBytes is >= PacketCodec.PacketBytesMin and <= PacketCodec.DatagramBytesMax,
            $"{nameof(PacketBytes)} ({PacketBytes}) must be between {PacketCodec.PacketBytesMin}, where the largest rumour fits, and {PacketCodec.DatagramBytesMax}.");
        Require(errors, MembersMax is >= 1 and <= PacketCodec.MembersMax,
            $"{nameof(MembersMax)} ({MembersMax}) must be between 1 and {PacketCodec.MembersMax}: a full exchange carries no more.");
        AtLeast(errors, nameof(BroadcastsMax), BroadcastsMax, 1);
        AtLeast(errors, nameof(UserBroadcastsMax), UserBroadcastsMax, 1);
        AtLeast(errors, nameof(RelaysMax), RelaysMax, 1);
        return errors;
    }

    private static void AtLeast(List<string> errors, string field, int value, int min) =>
        Require(errors, value >= min, $"{field} ({value}) must be at least {min}.");

    private static void Require(List<string> errors, bool condition, string error)
    {
        if (!condition)
        {
            errors.Add(error);
        }
    }
}
