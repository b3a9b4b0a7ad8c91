using Concord.Raft;
using static Concord.Tests.Raft.SingleCore;

namespace Concord.Tests.Raft;

/// <summary>Section 7 (snapshots), and the bounds of log, messages and application.</summary>
public sealed class SnapshotAndLimitTests
{
    private static readonly SnapshotMetadata Received = new(new LogIndex(11), new Term(3), Membership.Of(Me, Peer(2), Peer(5)) with { Learners = [Peer(7)] });

    [Fact]
    public void A_received_snapshot_takes_the_place_of_the_log()
    {
        var core = Of(3, hardState: At(3), logTerms: [1, 1]).BecomeFollower(3, 2);

        var answer = core.Receive(new RaftMessage.InstallSnapshot(Peer(2), Me, new Term(3), Received));

        Assert.Equal(new RaftMessage.AppendEntriesResponse(Me, Peer(2), new Term(3), Accepted: true, Received.Index, LogIndex.Zero, Term.Zero), Assert.Single(answer));
        Assert.Equal((Received.Index, Received.Index, Received.Index), (core.Core.LastIndex, core.Core.CommitIndex, core.Core.AppliedIndex));
        Assert.Equal(Received.Membership, core.Core.Membership);
        Assert.Equal((Received, 0), (core.Member.Snapshot, core.Member.Log.Count));
    }

    [Fact]
    public void A_snapshot_is_loaded_only_when_it_is_durable()
    {
        var core = Of(3).BecomeFollower(3, 2).Core;
        core.Receive(new RaftMessage.InstallSnapshot(Peer(2), Me, new Term(3), Received));
        var effects = core.TakeEffects();
        Assert.Equal((Received, null, LogIndex.Zero), (effects.Write!.Snapshot, effects.Install, core.PersistedIndex));
        Assert.Empty(effects.SendNow);
        ulong sequence = effects.Write.Sequence;

        core.Persisted(sequence);

        Assert.Equal(Received, core.TakeEffects().Install);
        core.Applied(Received.Index);
        Assert.Equal(Received.Index, core.AppliedIndex);
    }

    /// <summary>Storage keeps few snapshots: the file of one that was replaced twice may be gone before it could be loaded.</summary>
    [Fact]
    public void A_snapshot_that_another_one_replaced_is_not_loaded_any_more()
    {
        var core = Of(3).BecomeFollower(3, 2).Core;
        core.Receive(new RaftMessage.InstallSnapshot(Peer(2), Me, new Term(3), Received));
        ulong first = core.TakeEffects().Write!.Sequence;
        var newer = Received with { Index = Received.Index + 10 };

        core.Persisted(first);
        core.Receive(new RaftMessage.InstallSnapshot(Peer(2), Me, new Term(3), newer));
        var effects = core.TakeEffects();
        Assert.Null(effects.Install);

        core.Persisted(effects.Write!.Sequence);
        Assert.Equal(newer, core.TakeEffects().Install);
    }

    [Fact]
    public void An_older_snapshot_is_ignored()
    {
        var core = Of(3, hardState: At(3, commit: 2), logTerms: [1, 1]).BecomeFollower(3, 2);

        var answer = core.Receive(new RaftMessage.InstallSnapshot(Peer(2), Me, new Term(3), Received with { Index = new LogIndex(1), Term = new Term(1) }));

        Assert.Equal(new LogIndex(2), Assert.IsType<RaftMessage.AppendEntriesResponse>(Assert.Single(answer)).Index);
        Assert.Equal(2, core.Member.Log.Count);
    }

    /// <summary>Figure 13, step 6: a log that holds all of it is kept.</summary>
    [Fact]
    public void A_snapshot_of_what_the_log_holds_only_commits()
    {
        var core = Of(3, hardState: At(3), logTerms: [1, 1, 3]).BecomeFollower(3, 2);

        core.Receive(new RaftMessage.InstallSnapshot(Peer(2), Me, new Term(3), Received with { Index = new LogIndex(2), Term = new Term(1) }));

        Assert.Equal((new LogIndex(2), new LogIndex(3)), (core.Core.CommitIndex, core.Core.LastIndex));
        Assert.Equal(3, core.Member.Log.Count);
    }

    /// <summary>A write of entries that was under way when the snapshot took their place makes nothing durable.</summary>
    [Fact]
    public void A_write_from_before_the_snapshot_counts_for_nothing()
    {
        var core = Of(3).BecomeFollower(3, 2).Core;
        core.Receive(new RaftMessage.AppendEntries(Peer(2), Me, new Term(3), LogIndex.Zero, Term.Zero, new[] { Entry(1, 3), Entry(2, 3) }, LogIndex.Zero));
        ulong entries = core.TakeEffects().Write!.Sequence;
        core.Receive(new RaftMessage.InstallSnapshot(Peer(2), Me, new Term(3), Received));
        ulong snapshot = core.TakeEffects().Write!.Sequence;

        core.Persisted(entries);
        Assert.Equal(LogIndex.Zero, core.PersistedIndex);
        Assert.Null(core.TakeEffects().Install);

        core.Persisted(snapshot);
        Assert.Equal(Received.Index, core.PersistedIndex);
    }

    [Fact]
    public void Compaction_keeps_what_late_followers_need()
    {
        var core = Of(1, o => o with { CatchUpEntries = 3 });
        for (int i = 0; i < 9; i++)
        {
            core.Core.Propose("a"u8.ToArray());
        }

        core.Run();
        core.Core.Compact(new LogIndex(8));

        Assert.Equal((new LogIndex(6), new LogIndex(8)), (core.Core.FirstIndex, core.Core.Snapshot.Index));
        Assert.Equal(Membership.Of(Me).Voters, core.Core.Snapshot.Membership.Voters);

        core.Core.Compact(new LogIndex(4));
        Assert.Equal(new LogIndex(8), core.Core.Snapshot.Index);
    }

    [Fact]
    public void Compaction_keeps_no_more_bytes_than_allowed()
    {
        var core = Of(1, o => o with { CatchUpEntries = 100, CatchUpBytes = 2_500 });
        for (int i = 0; i < 9; i++)
        {
            core.Core.Propose(new byte[1000]);
        }

        core.Run();
        core.Core.Compact(core.Core.AppliedIndex);

        Assert.Equal(core.Core.AppliedIndex - 1, core.Core.FirstIndex);
    }

    [Fact]
    public void Without_a_quorum_the_log_stops_growing_and_one_large_proposal_is_always_possible()
    {
        var core = Of(3, o => o with { MaxUncommittedBytes = 1000 }).BecomeSettledLeader();
        Assert.True(core.Core.Propose(new byte[5000]).Accepted);
        Assert.Equal(ProposalRefusal.Overloaded, core.Core.Propose("a"u8.ToArray()).Refusal);

        core.Run();
        core.Receive(core.Accept(Peer(2), core.Core.LastIndex));

        Assert.True(core.Core.Propose("a"u8.ToArray()).Accepted);
    }

    /// <summary>A bounded log must not keep a new leader from its first entry: nothing could ever be committed.</summary>
    [Fact]
    public void A_new_leaders_first_entry_is_appended_however_much_is_uncommitted()
    {
        var core = Of(3, o => o with { MaxUncommittedBytes = 10 }, At(1), 1, 1, 1).BecomeLeader();
        Assert.Equal(new LogIndex(4), core.Core.LastIndex);
        Assert.Equal(ProposalRefusal.Overloaded, core.Core.Propose("a"u8.ToArray()).Refusal);
    }

    [Fact]
    public void A_proposal_is_taken_as_a_whole_or_not_at_all()
    {
        var core = Of(1, o => o with { MaxEntryBytes = 10 });
        var last = core.Core.LastIndex;

        Assert.Equal(ProposalRefusal.TooLarge, core.Core.Propose([new byte[1], new byte[11]]).Refusal);
        Assert.Equal(last, core.Core.LastIndex);
        Assert.Equal(ProposalRefusal.NotLeader, Of(3).Core.Propose(new byte[1]).Refusal);
    }

    [Fact]
    public void Messages_carry_no_more_than_their_limit_and_at_least_one_entry()
    {
        var core = Of(2, o => o with { MaxMessageBytes = 250, MaxInflightBytes = 100_000 }).BecomeSettledLeader();
        core.Core.Propose([new byte[80], new byte[80], new byte[80], new byte[500], new byte[1]]);

        var sizes = core.Run().OfType<RaftMessage.AppendEntries>().Select(m => m.Entries.Length);

        Assert.Equal([2, 1, 1, 1], sizes);
    }

    [Fact]
    public void The_window_in_bytes_pauses_a_follower()
    {
        var core = Of(2, o => o with { MaxMessageBytes = 150, MaxInflightBytes = 300 }).BecomeSettledLeader();
        core.Core.Propose([new byte[100], new byte[100], new byte[100], new byte[100]]);
        Assert.Equal(3, core.Run().OfType<RaftMessage.AppendEntries>().Count());

        Assert.Single(core.Receive(core.Accept(Peer(2), new LogIndex(2))).OfType<RaftMessage.AppendEntries>(), m => !m.Entries.IsEmpty);
    }

    [Fact]
    public void Applying_is_handed_out_in_pages_also_after_a_restart()
    {
        var options = new RaftOptions { Id = Me, Seed = 1, MaxApplyBytes = 100 };
        var core = new RaftCore(options, new RecoveredState(
            At(1, commit: 5), new SnapshotMetadata(LogIndex.Zero, Term.Zero, Membership.Of(Me, Peer(2))), Enumerable.Range(1, 5).Select(i => Entry(i, 1)).ToArray()));

        List<int> pages = [];
        for (var effects = core.TakeEffects(); !effects.Apply.IsEmpty; effects = core.TakeEffects())
        {
            pages.Add(effects.Apply.Length);
            Assert.True(core.TakeEffects().IsEmpty);
            core.Applied(new LogIndex(pages.Sum()));
        }

        Assert.Equal([3, 2], pages);
    }

    [Fact]
    public void Contradictions_in_what_was_recovered_are_refused()
    {
        var snapshot = new SnapshotMetadata(new LogIndex(5), new Term(2), Membership.Of(Me));
        var options = new RaftOptions { Id = Me, Seed = 1 };

        Assert.Throws<InvariantViolationException>(() => new RaftCore(options, new RecoveredState(At(2, commit: 9), snapshot, default)));
        Assert.Throws<InvariantViolationException>(() => new RaftCore(options, new RecoveredState(At(1), snapshot, default)));
        Assert.Throws<InvariantViolationException>(() => new RaftCore(options, new RecoveredState(At(2), snapshot, new[] { Entry(7, 2) })));
        Assert.Throws<InvariantViolationException>(() => new RaftCore(options, new RecoveredState(At(2), snapshot, new[] { Entry(6, 1) })));
    }

    [Fact]
    public void Reports_about_what_was_never_handed_out_are_bugs()
    {
        var core = Of(1).Core;
        Assert.Throws<InvariantViolationException>(() => core.Persisted(99));
        Assert.Throws<InvariantViolationException>(() => core.Applied(new LogIndex(99)));
    }

    [Fact]
    public void Two_leaders_in_one_term_stop_the_member()
    {
        var core = Of(3).BecomeFollower(1, 2);
        Assert.Throws<InvariantViolationException>(() => core.Receive(core.Append(3, 1, 0, 0, 0)));
    }

    [Fact]
    public void A_message_for_somebody_else_is_the_transports_fault() =>
        Assert.Throws<ArgumentException>(() => Of(3).Core.Receive(new RaftMessage.TimeoutNow(Peer(2), Peer(3), new Term(1))));

    /// <summary>Slices go to disk and network threads: they must stay what they were, whatever the log does.</summary>
    [Fact]
    public void Entries_handed_out_never_change()
    {
        var core = Of(3).BecomeFollower(1, 2);
        core.Core.Receive(core.Append(2, 1, 0, 0, 0, Entry(1, 1, "a"), Entry(2, 1, "b"), Entry(3, 1, "c")));
        var handedOut = core.Core.TakeEffects().Write!.Entries;

        core.Core.Receive(core.Append(3, 2, 1, 1, 0, Entry(2, 2, "B"), Entry(3, 2, "C")));

        Assert.Equal([1L, 1, 1], handedOut.ToArray().Select(e => e.Term.Value));
        Assert.Equal([2L, 2], core.Core.TakeEffects().Write!.Entries.ToArray().Select(e => e.Term.Value));
    }
}
