using System.Security.Cryptography;
using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;
using Concord.Storage;

namespace Concord.Server.Replica;

/// <param name="Entries">Entries of the log after the snapshot.</param>
internal sealed record RecoveredReplica(NodeCore Node, int Entries);

/// <summary>Builds the node from what the disk holds: the snapshot's state, then the log after it.</summary>
internal static class ReplicaRecovery
{
    /// <summary>A leader whose write takes so long hands over; five seconds with the usual heartbeat.</summary>
    private const int SlowFlushHeartbeats = 50;

    public static RecoveredReplica Load(
        ReplicaOptions options, ReplicaStorage storage, StoredState found, SnapshotLoad newest, ReplicaLog events)
    {
        foreach (var notice in found.Notices)
        {
            events.RecoveryNotice(notice);
        }

        var id = new MemberId(options.Identity.MemberId);
        if (found.Snapshot is null && found.Entries.Count == 0 && options.EmptyLogProblem is { } problem)
        {
            throw new StorageMismatchException(problem);
        }

        var space = found.Snapshot is { } snapshot ? newest.ResultFor(storage, snapshot) : new KeySpace();
        var recovered = new RecoveredState(
            found.HardState,
            found.Snapshot ?? new(LogIndex.Zero, Term.Zero, options.FirstMembership ?? Membership.Of(id)),
            found.Entries.ToArray());
        if (options.ForceNewCluster)
        {
            recovered = GoOnAlone(id, recovered, storage, events);
        }

        return new(new(NodeOptionsOf(options), RaftOptionsOf(options, id), recovered, space), found.Entries.Count);
    }

    /// <summary>
    /// The log gets an entry that makes this member the only one, as if a majority had agreed on it. Everything before it counts
    /// as committed: what only this member has may be all that is left of an acknowledged write.
    /// </summary>
    private static RecoveredState GoOnAlone(MemberId self, RecoveredState recovered, ReplicaStorage storage, ReplicaLog events)
    {
        var before = new RaftCore(new() { Id = self, Seed = 1 }, recovered);
        var alone = Membership.Of(self);
        alone = alone with { Context = MemberDirectory.Of(before.Membership).Within(alone).WithRemoved(OthersOf(before.Membership, self)).Encode() };
        var term = before.Term.Next;
        var entry = new LogEntry(before.LastIndex.Next, term, EntryKind.Membership, MembershipCodec.Encode(alone));
        var hardState = new HardState(term, self, entry.Index);
        storage.Log.Append(hardState, [entry]);
        storage.Log.Flush();
        events.WentOnAlone(entry.Index.Value, string.Join(", ", before.Membership.Voters.Where(voter => voter != self)));
        return new(hardState, recovered.Snapshot, (LogEntry[])[.. recovered.Entries.Span, entry]);
    }

    private static IEnumerable<MemberId> OthersOf(Membership membership, MemberId self) =>
        membership.Voters.Union(membership.OutgoingVoters).Union(membership.Learners).Where(member => member != self);

    private static NodeOptions NodeOptionsOf(ReplicaOptions options) => new()
    {
        TickMilliseconds = (int)options.TickInterval.TotalMilliseconds,
        ElectionTicks = options.ElectionTicks,
        SnapshotEntries = options.SnapshotEntries,
        SnapshotLogBytes = options.SnapshotLogBytes,
    };

    private static RaftOptions RaftOptionsOf(ReplicaOptions options, MemberId id) => new()
    {
        Id = id,
        Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
        ElectionTicks = options.ElectionTicks,
        HeartbeatTicks = options.HeartbeatTicks,
        QuickElectionTicks = options.QuickElectionTicks,
        SlowFlushTicks = SlowFlushHeartbeats * options.HeartbeatTicks,
        CatchUpEntries = options.CatchUpEntries,

        // One append takes at most 64 MiB, frames included: what is uncommitted must fit into one.
        MaxUncommittedBytes = 2 * options.PendingBytesMax > 48 << 20 ? 48 << 20 : 2 * options.PendingBytesMax,
    };
}
