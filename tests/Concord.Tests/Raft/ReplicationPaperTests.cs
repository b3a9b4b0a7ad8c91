using Concord.Raft;
using static Concord.Tests.Raft.SingleCore;

namespace Concord.Tests.Raft;

/// <summary>Sections 5.3 and 5.4 of the paper: the log, and what may be committed.</summary>
public sealed class ReplicationPaperTests
{
    /// <summary>Section 5.3: "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel to each of the other servers."</summary>
    [Fact]
    public void A_leader_sends_a_proposal_to_all()
    {
        var core = Of(3).BecomeSettledLeader();

        var proposal = core.Core.Propose("a"u8.ToArray());
        var sent = core.Run().OfType<RaftMessage.AppendEntries>().ToList();

        Assert.Equal([Peer(2), Peer(3)], sent.Select(m => m.To));
        Assert.All(sent, m => Assert.Equal((new LogIndex(1), new Term(1), proposal.FirstIndex), (m.PreviousIndex, m.PreviousTerm, m.Entries.Span[0].Index)));
        Assert.Equal(new LogIndex(1), core.Core.CommitIndex);
    }

    /// <summary>Section 5.3: committed "once the leader that created the entry has replicated it on a majority"; then it is applied and followers hear of it.</summary>
    [Fact]
    public void A_leader_commits_what_a_majority_holds_and_tells_the_followers()
    {
        var core = Of(3).BecomeSettledLeader();
        var index = core.Core.Propose("a"u8.ToArray()).FirstIndex;
        core.Run();

        var sent = core.Receive(core.Accept(Peer(2), index));

        Assert.Equal(index, core.Core.CommitIndex);
        Assert.Equal("a"u8.ToArray(), core.Member.Applied[^1].Data.ToArray());
        Assert.All(sent.OfType<RaftMessage.AppendEntries>(), m => Assert.Equal(index, m.Commit));
        Assert.Equal([Peer(2), Peer(3)], sent.Select(m => m.To));
    }

    /// <summary>Section 5.3: how many acknowledgements make a majority.</summary>
    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(3, 0, false)]
    [InlineData(3, 1, true)]
    [InlineData(5, 1, false)]
    [InlineData(5, 2, true)]
    [InlineData(4, 1, false)]
    [InlineData(4, 2, true)]
    public void Acknowledgements_of_a_majority_commit(int voters, int acknowledgements, bool committed)
    {
        var core = Of(voters);
        core = voters == 1 ? core : core.BecomeSettledLeader();
        var index = core.Core.Propose("a"u8.ToArray()).FirstIndex;
        core.Run();

        for (int i = 0; i < acknowledgements; i++)
        {
            core.Receive(core.Accept(Peer(i + 2), index));
        }

        Assert.Equal(committed, core.Core.CommitIndex == index);
    }

    /// <summary>Section 5.3: committing an entry "also commits all preceding entries in the leader's log, including entries created by previous leaders".</summary>
    [Theory]
    [InlineData(new long[] { })]
    [InlineData(new long[] { 2 })]
    [InlineData(new long[] { 1, 2 })]
    [InlineData(new long[] { 1 })]
    public void Committing_an_entry_commits_those_before_it(long[] log)
    {
        var core = Of(3, hardState: At(2), logTerms: log).BecomeLeader();
        Assert.Equal(LogIndex.Zero, core.Core.CommitIndex);

        core.Receive(core.Accept(Peer(2), core.Core.LastIndex));

        Assert.Equal(Enumerable.Range(1, log.Length + 1).Select(i => (long)i), core.Member.Applied.Select(e => e.Index.Value));
    }

    /// <summary>Section 5.3: "Once a follower learns that a log entry is committed, it applies the entry to its local state machine (in log order)."</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_follower_applies_what_is_committed(int commit)
    {
        var core = Of(3).BecomeFollower(1, 2);

        core.Receive(core.Append(2, 1, 0, 0, commit, Entry(1, 1, "a"), Entry(2, 1, "b")));

        Assert.Equal(Enumerable.Range(1, commit).Select(i => (long)i), core.Member.Applied.Select(e => e.Index.Value));
        Assert.Equal(new LogIndex(2), core.Core.LastIndex);
    }

    /// <summary>Figure 2, AppendEntries step 5: the commit index is never beyond the last entry known to be the leader's.</summary>
    [Fact]
    public void A_follower_commits_only_what_the_message_vouches_for()
    {
        var core = Of(3, hardState: At(1), logTerms: [1, 1, 1]).BecomeFollower(2, 2);

        core.Receive(core.Append(2, 2, 1, 1, commit: 3));

        Assert.Equal(new LogIndex(1), core.Core.CommitIndex);
    }

    /// <summary>Section 5.3, consistency check: "If the follower does not find an entry in its log with the same index and term, then it refuses the new entries."</summary>
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1, 1, true)]
    [InlineData(2, 2, true)]
    [InlineData(1, 2, false)]
    [InlineData(2, 1, false)]
    [InlineData(3, 3, false)]
    public void A_follower_checks_the_previous_entry(long previousIndex, long previousTerm, bool accepted)
    {
        var core = Of(3, hardState: At(2, commit: 0), logTerms: [1, 2]).BecomeFollower(3, 2);

        var answer = Assert.IsType<RaftMessage.AppendEntriesResponse>(Assert.Single(
            core.Receive(core.Append(2, 3, previousIndex, previousTerm, 0))));

        Assert.Equal((accepted, new LogIndex(previousIndex)), (answer.Accepted, answer.Index));
    }

    /// <summary>Figure 2, AppendEntries steps 3 and 4: conflicting entries go, equal ones stay, new ones are appended.</summary>
    [Theory]
    [InlineData(2, 2, new long[] { 3 }, new long[] { 1, 2, 3 })]
    [InlineData(1, 1, new long[] { 3, 4 }, new long[] { 1, 3, 4 })]
    [InlineData(0, 0, new long[] { 1 }, new long[] { 1, 2 })]
    [InlineData(0, 0, new long[] { 3 }, new long[] { 3 })]
    [InlineData(1, 1, new long[] { 2 }, new long[] { 1, 2 })]
    public void A_follower_takes_over_the_leaders_entries(long previousIndex, long previousTerm, long[] sent, long[] expected)
    {
        var core = Of(3, hardState: At(2), logTerms: [1, 2]).BecomeFollower(4, 2);
        var entries = sent.Select((term, i) => Entry(previousIndex + 1 + i, term)).ToArray();

        core.Receive(core.Append(2, 4, previousIndex, previousTerm, 0, entries));

        Assert.Equal(expected, core.Member.Log.Select(e => e.Term.Value));
    }

    /// <summary>Figure 2: an old message that arrives late must not cut what came after it.</summary>
    [Fact]
    public void A_late_repeated_message_cuts_nothing()
    {
        var core = Of(3).BecomeFollower(1, 2);
        var first = core.Append(2, 1, 0, 0, 0, Entry(1, 1));
        core.Receive(first, core.Append(2, 1, 1, 1, 0, Entry(2, 1), Entry(3, 1)));

        core.Receive(first);

        Assert.Equal(new LogIndex(3), core.Core.LastIndex);
    }

    /// <summary>Figure 7: every way in which a follower's log may differ; the leader brings each to its own (section 5.3).</summary>
    [Theory]
    [InlineData(new long[] { 1, 1, 1, 4, 4, 5, 5, 6, 6 })]
    [InlineData(new long[] { 1, 1, 1, 4 })]
    [InlineData(new long[] { 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6 })]
    [InlineData(new long[] { 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7 })]
    [InlineData(new long[] { 1, 1, 1, 4, 4, 4, 4 })]
    [InlineData(new long[] { 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3 })]
    public void A_leader_makes_a_followers_log_its_own(long[] followerLog)
    {
        var leader = Of(3, hardState: At(7), logTerms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]);
        var id = Peer(2);
        var options = new RaftOptions { Id = id, Seed = 2, PreVote = false, CheckQuorum = false };
        var follower = new DiskMember(() => options, new RecoveredState(
            At(7),
            new SnapshotMetadata(LogIndex.Zero, Term.Zero, Membership.Of(Me, id, Peer(3))),
            followerLog.Select((term, i) => Entry(i + 1, term)).ToArray()));
        leader.BecomeCandidate();
        var toFollower = new Queue<RaftMessage>(leader.Receive(leader.Vote(Peer(3), granted: true)).Where(m => m.To == id));
        int messages = 0;

        while (toFollower.TryDequeue(out var message))
        {
            messages++;
            List<RaftMessage> answers = [];
            follower.Core.Receive(message);
            follower.Perform(answers.Add);
            while (follower.Unflushed > 0)
            {
                follower.Flush(answers.Add);
                follower.Report();
                follower.Perform(answers.Add);
            }

            foreach (var answer in answers)
            {
                leader.Receive(answer).Where(m => m.To == id).ToList().ForEach(toFollower.Enqueue);
            }
        }

        Assert.Equal(leader.Member.Log.Select(e => e.Term), follower.Log.Select(e => e.Term));

        // Probes skip whole terms instead of stepping back entry by entry.
        Assert.InRange(messages, 1, 6);
    }

    /// <summary>Section 5.4.1: a request for a vote names the candidate's last entry.</summary>
    [Theory]
    [InlineData(new long[] { 1 })]
    [InlineData(new long[] { 1, 2 })]
    public void A_vote_is_asked_for_with_the_last_entry(long[] log)
    {
        var core = Of(3, hardState: At(2), logTerms: log);
        core.Core.Campaign();

        Assert.All(core.Run().Cast<RaftMessage.RequestVote>(), m =>
            Assert.Equal((new Term(3), new LogIndex(log.Length), new Term(log[^1])), (m.Term, m.LastIndex, m.LastTerm)));
    }

    /// <summary>Section 5.4.1: "the voter denies its vote if its own log is more up-to-date": the later last term, then the longer log.</summary>
    [Theory]
    [InlineData(new long[] { 1 }, 1, 1, true)]
    [InlineData(new long[] { 1 }, 2, 1, true)]
    [InlineData(new long[] { 1, 1 }, 1, 1, false)]
    [InlineData(new long[] { 1 }, 1, 2, true)]
    [InlineData(new long[] { 1 }, 2, 2, true)]
    [InlineData(new long[] { 1, 1 }, 1, 2, true)]
    [InlineData(new long[] { 2 }, 1, 1, false)]
    [InlineData(new long[] { 2 }, 2, 1, false)]
    [InlineData(new long[] { 1, 2 }, 1, 1, false)]
    public void A_voter_refuses_an_older_log(long[] log, long lastIndex, long lastTerm, bool granted)
    {
        var core = Of(3, hardState: At(2), logTerms: log);

        var answer = core.Receive(new RaftMessage.RequestVote(Peer(2), Me, new Term(3), new LogIndex(lastIndex), new Term(lastTerm), Transfer: false));

        Assert.Equal(granted, Assert.IsType<RaftMessage.RequestVoteResponse>(Assert.Single(answer)).Granted);
    }

    /// <summary>Section 5.4.2, figure 8: "Only log entries from the leader's current term are committed by counting replicas."</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 3)]
    public void An_entry_of_an_older_term_is_not_committed_by_counting(long acknowledged, long committed)
    {
        var core = Of(3, hardState: At(2), logTerms: [1, 2]).BecomeLeader();

        core.Receive(core.Accept(Peer(2), new LogIndex(acknowledged)));

        Assert.Equal(new LogIndex(committed), core.Core.CommitIndex);
    }

    /// <summary>Thesis 10.2.1: the leader's entries leave before its flush, its own log counts only after it.</summary>
    [Fact]
    public void The_leaders_own_log_counts_from_its_flush_on()
    {
        var core = Of(5).BecomeSettledLeader();
        var index = core.Core.Propose("a"u8.ToArray()).FirstIndex;
        var effects = core.Core.TakeEffects();
        Assert.Equal(4, effects.SendNow.Count);
        ulong write = effects.Write!.Sequence;
        core.Core.Receive(core.Accept(Peer(2), index));
        core.Core.Receive(core.Accept(Peer(3), index));
        Assert.True(core.Core.CommitIndex < index);

        core.Core.Persisted(write);

        Assert.Equal(index, core.Core.CommitIndex);
    }
}
