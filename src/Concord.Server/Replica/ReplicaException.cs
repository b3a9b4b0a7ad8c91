namespace Concord.Server.Replica;

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
