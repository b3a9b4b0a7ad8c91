using Concord.Raft;
using static Concord.Tests.Raft.SingleCore;

namespace Concord.Tests.Raft;

/// <summary>Pre-vote and check-quorum: who may disturb whom (thesis 4.2.3, 6.2, 9.6).</summary>
public sealed class StickinessTests
{
    [Fact]
    public void A_vote_is_ignored_while_a_leader_is_heard_and_given_after_its_silence()
    {
        var core = Of(3, Sticky).BecomeFollower(1, 2);
        var request = new RaftMessage.RequestVote(Peer(3), Me, new Term(9), new LogIndex(1), new Term(1), Transfer: false);

        Assert.Empty(core.Receive(request));
        Assert.Equal(new Term(1), core.Core.Term);

        core.Tick(10);
        Assert.Contains(core.Receive(request), m => m is RaftMessage.RequestVoteResponse { Granted: true });
    }

    [Fact]
    public void A_vote_for_a_hand_over_is_given_at_once()
    {
        var core = Of(3, Sticky).BecomeFollower(1, 2);

        var answer = core.Receive(new RaftMessage.RequestVote(Peer(3), Me, new Term(2), new LogIndex(1), new Term(1), Transfer: true));

        Assert.True(Assert.IsType<RaftMessage.RequestVoteResponse>(Assert.Single(answer)).Granted);
    }

    [Fact]
    public void A_pre_vote_changes_neither_term_nor_vote()
    {
        var core = Of(3, hardState: At(1, vote: 2));

        var answer = core.Receive(new RaftMessage.RequestPreVote(Peer(3), Me, new Term(5), LogIndex.Zero, Term.Zero));

        Assert.Equal(new RaftMessage.RequestPreVoteResponse(Me, Peer(3), new Term(5), Granted: true), Assert.Single(answer));
        Assert.Equal((new Term(1), Peer(2)), (core.Core.Term, core.Core.Vote));
    }

    [Fact]
    public void A_refused_pre_vote_of_a_newer_term_teaches_the_term()
    {
        var core = Of(3, o => o with { PreVote = true });
        core.Core.Campaign();
        core.Run();

        core.Receive(new RaftMessage.RequestPreVoteResponse(Peer(2), Me, new Term(4), Granted: false));

        Assert.Equal((RaftRole.Follower, new Term(4)), (core.Core.Role, core.Core.Term));
    }

    [Fact]
    public void Only_a_won_pre_vote_raises_the_term()
    {
        var core = Of(5, o => o with { PreVote = true });
        core.Core.Campaign();
        core.Run();
        core.Receive(new RaftMessage.RequestPreVoteResponse(Peer(2), Me, new Term(1), Granted: true));
        Assert.Equal((RaftRole.PreCandidate, Term.Zero), (core.Core.Role, core.Core.Term));

        core.Receive(new RaftMessage.RequestPreVoteResponse(Peer(3), Me, new Term(1), Granted: true));

        Assert.Equal((RaftRole.Candidate, new Term(1)), (core.Core.Role, core.Core.Term));
    }

    [Fact]
    public void A_member_that_is_cut_off_never_raises_its_term()
    {
        var core = Of(3, Sticky);
        core.Tick(500);
        Assert.Equal(Term.Zero, core.Core.Term);
    }

    [Fact]
    public void A_leader_without_a_quorum_steps_down_and_one_with_a_quorum_stays()
    {
        var alone = Of(5, Sticky).BecomeLeaderByPreVote();
        alone.Tick(20);
        Assert.Equal(RaftRole.Follower, alone.Core.Role);

        var heard = Of(5, Sticky).BecomeLeaderByPreVote();
        for (int i = 0; i < 30; i++)
        {
            heard.Tick();
            heard.Receive(
                new RaftMessage.HeartbeatResponse(Peer(2), Me, heard.Core.Term, 0),
                new RaftMessage.HeartbeatResponse(Peer(3), Me, heard.Core.Term, 0));
        }

        Assert.Equal(RaftRole.Leader, heard.Core.Role);
    }

    [Fact]
    public void A_learner_does_not_stand_for_election()
    {
        var membership = Membership.Of(Peer(2), Peer(3)) with { Learners = [Me] };
        var core = new RaftCore(new RaftOptions { Id = Me, Seed = 1 }, RecoveredState.NewGroup(membership));

        for (int i = 0; i < 100; i++)
        {
            core.Tick();
        }

        core.Campaign();
        core.Receive(new RaftMessage.TimeoutNow(Peer(2), Me, Term.Zero));
        Assert.True(core.IsLearner);
        Assert.Equal((RaftRole.Follower, Term.Zero), (core.Role, core.Term));
    }

    /// <summary>Thesis 4.2.2: it may hold the longest log, and then nobody else can win until its entries are committed.</summary>
    [Fact]
    public void A_member_whose_removal_is_not_committed_still_stands_for_election()
    {
        byte[] without = MembershipCodec.Encode(Membership.Of(Peer(2)));
        var core = new RaftCore(
            new RaftOptions { Id = Me, Seed = 1, PreVote = false, CheckQuorum = false },
            new RecoveredState(
                At(1, vote: 1, commit: 1),
                new SnapshotMetadata(LogIndex.Zero, Term.Zero, Membership.Of(Me, Peer(2))),
                new[] { Entry(1, 1), new LogEntry(new LogIndex(2), new Term(1), EntryKind.Membership, without) }));

        core.Campaign();
        ulong write = core.TakeEffects().Write!.Sequence;
        core.Persisted(write);
        Assert.Equal(RaftRole.Candidate, core.Role);

        core.Receive(new RaftMessage.RequestVoteResponse(Peer(2), Me, core.Term, Granted: true));
        Assert.Equal(RaftRole.Leader, core.Role);
    }

    [Fact]
    public void A_refused_connection_to_the_leader_starts_an_election_within_the_quick_delay()
    {
        var core = Of(3, o => Sticky(o) with { ElectionTicks = 100, HeartbeatTicks = 10, QuickElectionTicks = 5 }).BecomeFollower(1, 2);
        core.Core.ReportConnectionRefused(Peer(3));
        Assert.Empty(core.Tick(5));

        core.Core.ReportConnectionRefused(Peer(2));

        Assert.Contains(core.Tick(5), m => m is RaftMessage.RequestPreVote);
        Assert.Equal(new Term(1), core.Core.Term);

        // The leader lives: the next timeout is a full one again.
        core.Receive(new RaftMessage.Heartbeat(Peer(2), Me, new Term(1), LogIndex.Zero, 0));
        Assert.Equal((RaftRole.Follower, Peer(2)), (core.Core.Role, core.Core.Leader));
        Assert.Empty(core.Tick(99));
    }

    private static RaftOptions Sticky(RaftOptions options) => options with { PreVote = true, CheckQuorum = true };
}

file static class PreVoteElection
{
    public static SingleCore BecomeLeaderByPreVote(this SingleCore core)
    {
        core.Core.Campaign();
        core.Run();
        foreach (int voter in (int[])[2, 3])
        {
            core.Receive(new RaftMessage.RequestPreVoteResponse(SingleCore.Peer(voter), SingleCore.Me, core.Core.Term.Next, Granted: true));
        }

        foreach (int voter in (int[])[2, 3])
        {
            core.Receive(core.Vote(SingleCore.Peer(voter), granted: true));
        }

        Assert.Equal(RaftRole.Leader, core.Core.Role);
        return core;
    }
}
