using Concord.Node;

namespace Concord.Server.Replica;

/// <summary>The sentences behind each <see cref="ReplicaFailure"/>: what happened and what to do.</summary>
internal static class ReplicaFailures
{
    public static ReplicaException Of(RequestOutcome outcome) => outcome switch
    {
        RequestOutcome.NotLeader => new(ReplicaFailure.NoLeader, "This member does not lead at present; try again or ask another member."),
        RequestOutcome.Superseded => new(ReplicaFailure.NoLeader, "The leader changed before the command was agreed on; it was not applied. Try again."),
        RequestOutcome.Unknown => LeaderFailed(),
        RequestOutcome.ChangePending => new(ReplicaFailure.TooManyRequests, "Another change of membership is under way; try again later."),
        RequestOutcome.LearnerNotReady => new(ReplicaFailure.LearnerNotReady, "The learner still lacks too much of the log; try again when it has caught up."),
        RequestOutcome.NotEnoughStarted => new(ReplicaFailure.NotEnoughStarted, "After this change too few members with a vote would have been started for a majority, and nothing could be written. Start those that were added, or remove them first."),
        RequestOutcome.Unhealthy => new(ReplicaFailure.Unhealthy, "After this change too few members with a vote would be running for a majority, and nothing could be written. Bring those back that are down, or remove them first."),
        RequestOutcome.Overloaded => TooManyRequests(),
        RequestOutcome.TooLarge => new(ReplicaFailure.RequestTooLarge, "The command is larger than the log takes; split it."),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static ReplicaException TooManyRequests() =>
        new(ReplicaFailure.TooManyRequests, "Too many calls are under way; nothing was accepted. Try again after a short, growing pause.");

    public static ReplicaException Stopped() =>
        new(ReplicaFailure.Stopped, "The server is stopping; a write that was under way may or may not be applied.");

    public static ReplicaException ConnectionLost() =>
        new(ReplicaFailure.ConnectionLost, "The connection to the leader was lost before its answer came; the write may or may not be applied.");

    public static ReplicaException LeaderFailed() =>
        new(ReplicaFailure.LeaderFailed, "The leader changed before its answer came; the write may or may not be applied.");

    public static ReplicaException DiskFull() =>
        new(ReplicaFailure.DiskFull, "The disk of the server is full; nothing was accepted. Make room, writes then go on by themselves.");

    public static ReplicaException TimedOut(bool isDiskFull) =>
        new(ReplicaFailure.TimedOut, isDiskFull
            ? "The disk of the server is full and there was no room in time; the write may still be applied when there is."
            : "The server did not finish in time; the write may still be applied.");

    public static ReplicaException NoLeaderInTime() =>
        new(ReplicaFailure.TimedOut, "There was no leader in time; what was not agreed on before may still be applied. See whether a majority of the members runs and can connect.");

    public static ReplicaException NoSpace(long quotaBytes) =>
        new(ReplicaFailure.NoSpace, $"The key space has reached its quota of {quotaBytes} bytes; nothing was accepted. Delete keys and compact, or raise --quota-backend-bytes.");

    public static ReplicaException TooLarge(long bytes, long bytesMax) =>
        new(ReplicaFailure.RequestTooLarge, $"The request has {bytes} bytes, more than the {bytesMax} of --max-request-bytes; split it or raise the limit.");
}
