using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;
using Concord.Storage;

namespace Concord.Server.Replica;

/// <summary>What a <see cref="LocalReplica"/> is made from. Each limit says why it is there.</summary>
public sealed record ReplicaOptions
{
    public required MemberIdentity Identity { get; init; }

    /// <summary>
    /// What a member whose data directory is empty starts with: the founders of a cluster, itself among them, or
    /// <see cref="Membership.Empty"/> to join a running one. Null: a cluster of this member alone. The log decides as soon
    /// as there is one.
    /// </summary>
    public Membership? FirstMembership { get; init; }

    /// <summary>Why this member must not start with an empty log; null if it may.</summary>
    public string? EmptyLogProblem { get; init; }

    /// <summary>Give up all other members: this one goes on alone with the data it has.</summary>
    public bool ForceNewCluster { get; init; }

    /// <summary>How to talk to other members; null: not at all, the cluster has this member only.</summary>
    internal PeerOptions? Peers { get; init; }

    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    public int ElectionTicks { get; init; } = 10;

    public int HeartbeatTicks { get; init; } = 1;

    /// <summary>Upper bound of the random delay after which a member stands when the leader's process is gone.</summary>
    public int QuickElectionTicks { get; init; } = 3;

    public long SnapshotEntries { get; init; } = new NodeOptions().SnapshotEntries;

    /// <summary>Log entries kept before a snapshot for members that are late.</summary>
    public int CatchUpEntries { get; init; } = 5000;

    public long SnapshotLogBytes { get; init; } = new NodeOptions().SnapshotLogBytes;

    /// <summary>Growing writes are refused above this size of the key space.</summary>
    public long QuotaBytes { get; init; } = 8L << 30;

    /// <summary>The largest encoded command.</summary>
    public int RequestBytesMax { get; init; } = 1_572_864;

    /// <summary>
    /// Calls under way. A fraction of a second of work for this machine: who would wait longer is better told at once.
    /// </summary>
    public int PendingMax { get; init; } = 10_000;

    /// <summary>Bytes of commands under way; with large values the memory counts, not the number.</summary>
    public long PendingBytesMax { get; init; } = 32 << 20;

    /// <summary>How long a call waits for the disk and the group before it is told that its fate is unknown.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(7);

    /// <summary>How long a stop waits for calls under way.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a full disk is tried again.</summary>
    public TimeSpan DiskFullRetry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the members compare hashes of their states; a pass over all data each.</summary>
    public TimeSpan StateCheckInterval { get; init; } = TimeSpan.FromMinutes(1);

    public TimeSpan WatchProgressInterval { get; init; } = TimeSpan.FromMinutes(10);

    public StorageOptions Storage { get; init; } = new();

    internal ReplicaMetrics Metrics { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
