using Concord.Node;
using Concord.Raft;
using Concord.Simulator.Network;
using Concord.Storage;

namespace Concord.Simulator.Runs;

/// <summary>
/// What kind of world a run is: each dial is drawn from the seed, so that the seeds cover quiet worlds and terrible ones.
/// Times are in microseconds unless a name says otherwise.
/// </summary>
internal sealed record Dials
{
    public const long Second = 1_000_000;

    private readonly int _heartbeatTicks;
    private readonly bool _preVote;
    private readonly int _messageBytes;
    private readonly int _inflightEntries;
    private readonly int _catchUpEntries;

    public Dials(Dice dice, int? members)
    {
        Members = members ?? dice.Pick([1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 7]);
        Network = new()
        {
            DelayMean = dice.Pick<long>([100, 300, 300, 1_000, 5_000, 20_000]),
            LossPerMille = dice.Pick([0, 0, 5, 20, 80]),
            DuplicatePerMille = dice.Pick([0, 0, 10, 50]),
            ReorderPerMille = dice.Pick([0, 0, 20, 200]),
        };
        FlushMean = dice.Pick<long>([200, 500, 1_000, 5_000, 20_000]);
        SlowDiskFactor = dice.Pick([20, 100, 1000]);
        ClockSkewPerMille = dice.Pick([0, 10, 30, 50]);
        FaultPhase = dice.Between(20, 40) * Second;
        Node = new()
        {
            TickMilliseconds = 100,
            ElectionTicks = 10,
            SnapshotEntries = dice.Pick([20L, 50, 100, 300, 1000]),
            SnapshotStateShare = 1000,
            ExpirePerCommandMax = dice.Pick([1, 3, 500]),
        };
        Storage = new() { SegmentBytes = dice.Pick([16L << 10, 64L << 10, 256L << 10]) };
        Clients = dice.Between(3, 8);
        Keys = dice.Pick([1, 3, 6, 12]);
        ThinkTime = dice.Pick<long>([2_000, 10_000, 30_000, 60_000]);
        Patience = dice.Pick<long>([300_000, 1_000_000, 3_000_000]);
        _heartbeatTicks = dice.Pick([1, 1, 1, 2]);
        _preVote = dice.Below(8) != 0;
        _messageBytes = dice.Pick([200, 2_000, 1 << 20]);

        // Four entries a flush of 20 ms are hardly more than the clients write: a member that is behind would stay there (seed 900203).
        _inflightEntries = Math.Max(dice.Pick([4, 16, 8192]), FlushMean >= 20_000 ? 16 : 4);
        _catchUpEntries = dice.Pick([0, 5, 50, 5000]);
    }

    /// <summary>Members that found the group.</summary>
    public int Members { get; }

    public NetworkDials Network { get; init; }

    public long FlushMean { get; init; }

    public int SlowDiskFactor { get; init; }

    /// <summary>Clocks run up to this much fast or slow.</summary>
    public int ClockSkewPerMille { get; init; }

    /// <summary>How long faults go on before everything heals.</summary>
    public long FaultPhase { get; init; }

    public NodeOptions Node { get; init; }

    public StorageOptions Storage { get; init; }

    public int Clients { get; init; }

    public int Keys { get; init; }

    /// <summary>Between two calls of a client.</summary>
    public long ThinkTime { get; init; }

    /// <summary>
    /// How long a client waits for an answer. Some wait through an election; others are at another member before a leader
    /// that was cut off knows it.
    /// </summary>
    public long Patience { get; init; }

    public RaftOptions RaftOf(MemberId id, ulong seed) => new()
    {
        Id = id,
        Seed = seed,
        ElectionTicks = Node.ElectionTicks,
        HeartbeatTicks = _heartbeatTicks,
        PreVote = _preVote,
        MaxMessageBytes = _messageBytes,
        MaxInflightEntries = _inflightEntries,
        MaxInflightBytes = 4L * _messageBytes,
        CatchUpEntries = _catchUpEntries,
        SlowFlushTicks = 30,
    };

    public override string ToString() =>
        $"{Members} members, network {Network.DelayMean} µs, loss {Network.LossPerMille}‰, repeated {Network.DuplicatePerMille}‰, reordered "
        + $"{Network.ReorderPerMille}‰, flush {FlushMean} µs, clocks ±{ClockSkewPerMille}‰, snapshot each {Node.SnapshotEntries} entries, "
        + $"pre-vote {(_preVote ? "on" : "off")}, {Clients} clients with {Patience / 1000} ms of patience on {Keys} keys, {FaultPhase / Second} s of faults";
}
