namespace Concord.Node;

/// <summary>What a <see cref="NodeCore"/> needs to know besides what Raft needs. Each limit says why it is there.</summary>
public sealed record NodeOptions
{
    /// <summary>The length of a tick, in milliseconds. The host must never tick faster than that, or leases end early.</summary>
    public int TickMilliseconds { get; init; } = 100;

    /// <summary>
    /// The election timeout. Added to every lease after a change of leader: its clients had nobody to renew with meanwhile.
    /// </summary>
    public int ElectionTicks { get; init; } = 10;

    /// <summary>
    /// Leases ended by one command. Bounds the turn that applies it; what is left over follows in the next command.
    /// </summary>
    public int ExpirePerCommandMax { get; init; } = 500;

    /// <summary>
    /// A learner is given a vote only when it lacks fewer entries than this: a voter that is far behind makes the next
    /// failure of another one an outage.
    /// </summary>
    public long PromotionLagEntries { get; init; } = 5_000;

    /// <summary>Entries after a snapshot before the next is due, if there are enough bytes too.</summary>
    public long SnapshotEntries { get; init; } = 10_000;

    /// <summary>
    /// A snapshot writes the whole state, so it waits until the log since the last one is this part of the state: then
    /// snapshots cost at most this factor of the log's own bytes, and a restart replays at most a quarter of what it loads.
    /// </summary>
    public int SnapshotStateShare { get; init; } = 4;

    /// <summary>However large the state is: more log than this takes too long to replay.</summary>
    public long SnapshotLogBytesMax { get; init; } = 512L << 20;

    /// <summary>However few the entries are: with more log than this a snapshot is due (large values).</summary>
    public long SnapshotLogBytes { get; init; } = 64L << 20;
}
