using Concord.Mvcc;

namespace Concord.Server.Replica;

/// <summary>
/// This process's replica of the store, as the API slices see it: propose a command, read a view, follow changes.
/// </summary>
public sealed class LocalReplica
{
    /// <summary>The newest applied view: what a serializable read answers from, without waiting.</summary>
    public KeySpaceView View => throw new NotImplementedException();

    public WatchHub Watches => throw new NotImplementedException();

    public ReplicaStatus Status => throw new NotImplementedException();

    /// <summary>A view that holds every write acknowledged before this call (linearizable read).</summary>
    /// <exception cref="ReplicaException">No leader, stopped or timed out.</exception>
    public ValueTask<KeySpaceView> ReadAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>
    /// Sends a command through the log; completes when it is durable and applied. A cancelled call may still apply.
    /// </summary>
    /// <exception cref="ReplicaException">The command was not accepted, or its fate is unknown (timed out).</exception>
    public ValueTask<CommandResult> ProposeAsync(Command command, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Restarts a lease's count-down. The granted TTL in seconds, or 0 if there is no such lease.</summary>
    public ValueTask<long> KeepAliveAsync(LeaseId lease, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Whole seconds that a lease has left, or null if there is no such lease.</summary>
    public ValueTask<long?> TimeToLiveAsync(LeaseId lease, CancellationToken cancellation) => throw new NotImplementedException();
}

/// <summary>Facts about this replica for status calls and response headers.</summary>
public sealed record ReplicaStatus(
    ulong ClusterId,
    ulong MemberId,
    string MemberName,
    ulong LeaderId,
    long Term,
    long CommitIndex,
    long AppliedIndex,
    long SizeBytes,
    bool IsLearner);

public enum ReplicaFailure
{
    /// <summary>The pending limit is reached; nothing was accepted.</summary>
    TooManyRequests,

    NoLeader,

    Stopped,

    /// <summary>The time allowed ran out; the command may still apply.</summary>
    TimedOut,

    /// <summary>The disk has no room; nothing was accepted, reads go on.</summary>
    DiskFull,

    /// <summary>The key space has reached its quota; nothing was accepted, deletes and compaction go on.</summary>
    NoSpace,

    RequestTooLarge,
}

/// <summary>The replica could not take or finish a call.</summary>
public sealed class ReplicaException(ReplicaFailure failure, string message) : Exception(message)
{
    public ReplicaFailure Failure { get; } = failure;
}
