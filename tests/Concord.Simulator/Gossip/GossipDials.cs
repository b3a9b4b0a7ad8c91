using Concord.Gossip;

namespace Concord.Simulator.Gossip;

/// <summary>What befalls a group of gossiping members. Times are milliseconds.</summary>
internal sealed record GossipDials
{
    /// <summary>Everybody knows everybody, and nothing is measured yet.</summary>
    public const long WarmUp = 5_000;

    public int Members { get; init; } = 100;

    public ulong Seed { get; init; } = 1;

    /// <summary>Of packets; a stream is late instead.</summary>
    public int LossPerMille { get; init; }

    /// <summary>Faults go on for so long, after the warm-up.</summary>
    public long Duration { get; init; } = 60_000;

    /// <summary>The longest wait for agreement after it.</summary>
    public long SettleMax { get; init; } = 300_000;

    /// <summary>Members that stop without a word, a third into the duration.</summary>
    public int Crashes { get; init; } = 1;

    /// <summary>Members whose packets are held up again and again, in and out, while their timers run (Lifeguard section 5).</summary>
    public int Slow { get; init; }

    public long SlowFor { get; init; } = 16_000;

    public long SlowPause { get; init; } = 64;

    /// <summary>Two halves do not hear each other for so long, from the middle of the duration on.</summary>
    public long Partition { get; init; }

    /// <summary>Members that are exchanged for new ones: half of them say goodbye.</summary>
    public double ChurnPerMinute { get; init; }

    /// <summary>Every packet goes through the codec. Members share records otherwise, which saves memory in large groups.</summary>
    public bool Codec { get; init; }

    public Func<GossipOptions, GossipOptions> Options { get; init; } = static options => options;

    /// <summary>SWIM with suspicion, without what Lifeguard adds.</summary>
    public static GossipOptions WithoutLifeguard(GossipOptions options) =>
        options with { LocalHealthMax = 1, SuspicionMaxMultiplier = 1, Nacks = false, BuddySystem = false };
}
