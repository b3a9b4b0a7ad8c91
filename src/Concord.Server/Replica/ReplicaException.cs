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

    /// <summary>The word of the leader was lost with the connection to it; the command may still apply.</summary>
    ConnectionLost,

    /// <summary>The leader was lost while it had the call; the command may still apply.</summary>
    LeaderFailed,

    /// <summary>The change of membership is not possible; the message says why.</summary>
    InvalidChange,

    /// <summary>The learner still lacks too much of the log to be given a vote.</summary>
    LearnerNotReady,

    /// <summary>The change would leave a group in which too few members have ever been started.</summary>
    NotEnoughStarted,

    /// <summary>The change would leave a group in which too few members run at present.</summary>
    Unhealthy,

    /// <summary>Only the leader can do it.</summary>
    NotLeader,

    /// <summary>Leadership can only be handed to another voter.</summary>
    BadTransferTarget,
}

/// <summary>The replica could not take or finish a call.</summary>
public sealed class ReplicaException(ReplicaFailure failure, string message) : Exception(message)
{
    public ReplicaFailure Failure { get; } = failure;
}
