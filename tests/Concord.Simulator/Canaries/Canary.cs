using Concord.Raft;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Canaries;

/// <summary>A deliberately broken variant. If no run notices it, the checkers do not check what they say.</summary>
/// <param name="Seeds">Some run among so many seeds must fail.</param>
/// <param name="First">The first of them; not 1 where the fault is rare and the search would take minutes.</param>
/// <param name="Members">Null: drawn from the seed.</param>
internal sealed record Canary(string Name, string Breaks, int Seeds, Func<HostRules> Rules, ulong First = 1, int? Members = null)
{
    public static IReadOnlyList<Canary> All { get; } =
    [
        new("ack-before-flush", "promises leave, and the core is told, before the flush", 3, () => new AckBeforeFlush()),
        new("vote-not-persisted", "the hard state is written without the vote", 3, () => new VoteNotPersisted()),
        new("report-not-flushed", "writes that still wait are reported durable with those that were flushed", 5, () => new ReportNotFlushed()),
        new("entry-lost-on-disk", "the last entry of a larger write is not written", 5, () => new EntryLostOnDisk()),
        new("read-without-quorum", "linearizable reads are answered from the member's own view", 5, () => new ReadWithoutQuorum()),
        new("renew-without-quorum", "leases are renewed by whoever believes to lead", 10, () => new RenewWithoutQuorum(), First: 40),
        new("lease-by-local-clock", "a leader ends leases by the time since it saw them first", 10, () => new LeaseByLocalClock()),
        new("tick-too-early", "the core is given ticks faster than their interval says", 10, () => new TickTooEarly()),
        new("snapshot-without-index", "a snapshot holds a later state than its index says", 20, () => new SnapshotWithoutIndex()),
        new("snapshot-not-loaded", "an installed snapshot's state is not loaded", 10, () => new SnapshotNotLoaded()),
        new("watch-skips-catch-up", "a watch that begins in the past starts at the present", 5, () => new WatchSkipsCatchUp()),
        new("watch-loses-tombstones", "deletes are not told to watchers", 5, () => new WatchLosesTombstones()),
        new("watch-hides-compaction", "a watch that compaction has overtaken goes on after it", 10, () => new WatchHidesCompaction()),
        new("forward-twice", "a forwarded command that was not answered is sent again", 15, () => new ForwardTwice()),
        new("damage-ignored", "a member whose data is damaged starts with nothing under its old name", 10, () => new DamageIgnored()),
        new("commit-old-term", "the leader commits by counting an entry of an earlier term", 20, () => new BrokenCore(BrokenRules.CommitsEarlierTerms)),
        new("stale-flush-counts", "a flush of entries that were overwritten since counts for the new ones", 10, () => new BrokenCore(BrokenRules.CountsStaleFlushes), First: 80, Members: 5),
        new("vote-for-older-log", "a vote is given to a candidate whose log is older", 20, () => new BrokenCore(BrokenRules.VotesForOlderLogs)),
        new("leader-reads-alone", "a leader answers linearizable reads without a quorum", 10, () => new BrokenCore(BrokenRules.AnswersReadsAlone)),
        new("transfer-asks-first", "whoever is to take over leadership asks for pre-votes", 5, () => new BrokenCore(BrokenRules.AsksBeforeTransfer)),
        new("tombstone-lost", "a compaction drops a tombstone, and what it hid is there again", 10, () => new TombstoneLost()),
    ];

    public ulong Last => First + (ulong)Seeds - 1;

    /// <summary>The first run that notices it; null if none does.</summary>
    public RunReport? FirstNoticed()
    {
        for (ulong seed = First; seed <= Last; seed++)
        {
            var report = RunReport.Of(seed, new() { Rules = Rules, Members = Members });
            if (report.Failure is not null)
                return report;
        }

        return null;
    }

    public static Canary? Find(string name) => All.FirstOrDefault(canary => canary.Name == name);
}
