using Concord.Server.Replica;

namespace Concord.Server.Configs;

/// <summary>The store's failures in the words of this slice's errors.</summary>
internal static class StoreErrorWord
{
    public static string Of(ReplicaFailure failure) => failure switch
    {
        ReplicaFailure.TooManyRequests => "too_many_requests",
        ReplicaFailure.NoLeader => "no_leader",
        ReplicaFailure.Stopped => "stopped",
        ReplicaFailure.TimedOut => "timed_out",
        ReplicaFailure.ConnectionLost => "connection_lost",
        ReplicaFailure.LeaderFailed => "leader_changed",
        ReplicaFailure.DiskFull => "disk_full",
        ReplicaFailure.NoSpace => "no_space",
        ReplicaFailure.RequestTooLarge => "too_large",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static string Remedy(ReplicaFailure failure) => failure switch
    {
        ReplicaFailure.TooManyRequests => "Try again after a pause.",
        ReplicaFailure.NoLeader => "Try again; if it lasts, look whether most members run.",
        ReplicaFailure.Stopped => "Ask another member.",
        ReplicaFailure.TimedOut or ReplicaFailure.ConnectionLost or ReplicaFailure.LeaderFailed =>
            "Look whether it was written (history), then try again.",
        ReplicaFailure.DiskFull => "Make room on the server's disk; it goes on by itself.",
        ReplicaFailure.NoSpace => "Raise the quota of the key space, or delete and compact.",
        ReplicaFailure.RequestTooLarge => "Write less at once.",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
