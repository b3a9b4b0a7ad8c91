using Concord.Raft;
using static Concord.Tests.Raft.SingleCore;

namespace Concord.Tests.Raft;

/// <summary>Thesis 3.10.</summary>
public sealed class LeadershipTransferTests
{
    [Fact]
    public void An_up_to_date_target_is_told_at_once()
    {
        var core = Of(3).BecomeSettledLeader();

        Assert.Equal(TransferResult.Started, core.Core.TransferLeadership(Peer(2)));

        Assert.Equal([new RaftMessage.TimeoutNow(Me, Peer(2), core.Core.Term)], core.Run());
    }

    [Fact]
    public void A_late_target_is_told_once_it_holds_everything()
    {
        var core = Of(3).BecomeSettledLeader();
        var index = core.Core.Propose("a"u8.ToArray()).FirstIndex;
        core.Run();
        core.Receive(core.Accept(Peer(3), index));

        core.Core.TransferLeadership(Peer(2));
        Assert.DoesNotContain(core.Run(), m => m is RaftMessage.TimeoutNow);

        Assert.Contains(core.Receive(core.Accept(Peer(2), index)), m => m is RaftMessage.TimeoutNow { To.Value: 2 });
    }

    [Fact]
    public void Proposals_are_refused_meanwhile_and_accepted_after_the_timeout()
    {
        var core = Of(3).BecomeSettledLeader();
        core.Core.TransferLeadership(Peer(2));
        Assert.Equal(ProposalRefusal.Transferring, core.Core.Propose("a"u8.ToArray()).Refusal);
        Assert.Equal(ProposalRefusal.Transferring, core.Core.ProposeMembership(MembershipChange.AddLearner(Peer(9))).Refusal);

        core.Tick(10);

        Assert.True(core.Core.TransferTarget.IsNone);
        Assert.True(core.Core.Propose("a"u8.ToArray()).Accepted);
    }

    [Fact]
    public void Only_another_voter_can_be_the_target()
    {
        var core = Of(3).BecomeSettledLeader();
        Assert.Equal(TransferResult.AlreadyLeader, core.Core.TransferLeadership(Me));
        Assert.Equal(TransferResult.NotAVoter, core.Core.TransferLeadership(Peer(9)));
        core.Core.ProposeMembership(MembershipChange.AddLearner(Peer(9)));
        Assert.Equal(TransferResult.NotAVoter, core.Core.TransferLeadership(Peer(9)));
        Assert.Equal(TransferResult.NotLeader, Of(3).Core.TransferLeadership(Peer(2)));
    }

    [Fact]
    public void A_second_target_takes_the_place_of_the_first()
    {
        var core = Of(3).BecomeSettledLeader();
        core.Core.TransferLeadership(Peer(2));
        core.Run();

        core.Core.TransferLeadership(Peer(3));

        Assert.Equal(Peer(3), core.Core.TransferTarget);
        Assert.Contains(core.Run(), m => m is RaftMessage.TimeoutNow { To.Value: 3 });
    }

    [Fact]
    public void A_lost_word_is_said_again_when_the_target_answers_a_heartbeat()
    {
        var core = Of(3).BecomeSettledLeader();
        core.Core.TransferLeadership(Peer(2));
        core.Run();

        Assert.Contains(core.Receive(new RaftMessage.HeartbeatResponse(Peer(2), Me, core.Core.Term, 0)), m => m is RaftMessage.TimeoutNow);
    }

    [Fact]
    public void Asking_again_for_the_same_target_does_not_prolong_the_timeout()
    {
        var core = Of(3).BecomeSettledLeader();
        core.Core.TransferLeadership(Peer(2));
        core.Tick(9);
        core.Core.TransferLeadership(Peer(2));
        core.Tick();
        Assert.True(core.Core.TransferTarget.IsNone);
    }

    [Fact]
    public void A_removed_target_ends_the_hand_over_and_a_new_term_does_too()
    {
        var core = Of(3).BecomeSettledLeader();
        core.Core.TransferLeadership(Peer(2));

        core.Receive(core.Append(3, core.Core.Term.Value + 1, 1, 1, 0));

        Assert.True(core.Core.TransferTarget.IsNone);
    }

    [Fact]
    public void The_told_target_skips_the_pre_vote_and_says_why()
    {
        var core = Of(3, o => o with { PreVote = true, CheckQuorum = true }).BecomeFollower(1, 2);

        var sent = core.Receive(new RaftMessage.TimeoutNow(Peer(2), Me, new Term(1)));

        Assert.Equal(2, sent.OfType<RaftMessage.RequestVote>().Count(m => m.Transfer && m.Term == new Term(2)));
    }

    [Fact]
    public void The_best_successor_is_heard_from_and_holds_most()
    {
        var core = Of(4).BecomeSettledLeader();
        var index = core.Core.Propose("a"u8.ToArray()).FirstIndex;
        core.Run();
        core.Receive(core.Accept(Peer(3), index));
        Assert.Equal(Peer(3), core.Core.BestSuccessor);
    }

    [Fact]
    public void A_leader_whose_disk_does_not_finish_a_write_hands_over()
    {
        var core = Of(3, o => o with { SlowFlushTicks = 20, ElectionTicks = 10 }).BecomeSettledLeader().Core;
        var index = core.Propose("a"u8.ToArray()).FirstIndex;
        Assert.NotNull(core.TakeEffects().Write);
        core.Receive(new RaftMessage.AppendEntriesResponse(Peer(2), Me, core.Term, Accepted: true, index, LogIndex.Zero, Term.Zero));
        core.Receive(new RaftMessage.AppendEntriesResponse(Peer(3), Me, core.Term, Accepted: true, index, LogIndex.Zero, Term.Zero));

        List<RaftMessage> sent = [];
        for (int i = 0; i <= 20; i++)
        {
            core.Tick();
            sent.AddRange(core.TakeEffects().SendNow);
        }

        Assert.Contains(sent, m => m is RaftMessage.TimeoutNow);
    }
}
