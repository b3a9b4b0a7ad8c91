using Concord.Raft;
using static Concord.Tests.Raft.SingleCore;

namespace Concord.Tests.Raft;

/// <summary>Linearizable reads: section 8 of the paper, thesis 6.4.</summary>
public sealed class ReadIndexTests
{
    [Fact]
    public void One_round_answers_every_waiting_reader()
    {
        var core = Of(3).BecomeSettledLeader();
        for (ulong read = 1; read <= 100; read++)
        {
            core.Core.ReadIndex(read);
        }

        var round = core.Run().OfType<RaftMessage.Heartbeat>().ToList();
        Assert.Equal(2, round.Count);
        Assert.Empty(core.Member.Reads);

        core.Receive(Answer(core, 2, round[0].ReadRound));
        Assert.Equal(100, core.Member.Reads.Count(r => r.Outcome == ReadOutcome.Ready && r.Index == core.Core.CommitIndex));
    }

    [Fact]
    public void A_late_answer_to_an_earlier_round_confirms_no_later_one()
    {
        var core = Of(3).BecomeSettledLeader();
        core.Core.ReadIndex(1);
        ulong first = core.Run().OfType<RaftMessage.Heartbeat>().First().ReadRound;
        core.Core.ReadIndex(2);
        ulong second = core.Run().OfType<RaftMessage.Heartbeat>().First().ReadRound;
        Assert.True(second > first);

        core.Receive(Answer(core, 2, first));
        Assert.Equal([1UL], core.Member.Reads.Select(r => r.ReadId));

        core.Receive(Answer(core, 3, second));
        Assert.Equal([1UL, 2UL], core.Member.Reads.Select(r => r.ReadId));
    }

    [Fact]
    public void The_newest_confirmed_round_confirms_those_before_it()
    {
        var core = Of(5).BecomeSettledLeader();
        core.Core.ReadIndex(1);
        core.Run();
        core.Core.ReadIndex(2);
        ulong second = core.Run().OfType<RaftMessage.Heartbeat>().First().ReadRound;

        core.Receive(Answer(core, 2, second), Answer(core, 3, second));

        Assert.Equal([1UL, 2UL], core.Member.Reads.Select(r => r.ReadId));
    }

    /// <summary>
    /// A paused leader: its round was asked in term 1 and the answers arrive after it became leader again in term 3. They
    /// are of an older term and count for nothing.
    /// </summary>
    [Fact]
    public void Answers_from_an_earlier_leadership_confirm_nothing()
    {
        var core = Of(3).BecomeSettledLeader();
        core.Core.ReadIndex(1);
        ulong round = core.Run().OfType<RaftMessage.Heartbeat>().First().ReadRound;
        var late = Answer(core, 2, round);
        core.Receive(core.Append(3, 2, 1, 1, 1));
        Assert.Equal(ReadOutcome.LeaderLost, Assert.Single(core.Member.Reads).Outcome);

        core.BecomeSettledLeader();
        core.Core.ReadIndex(2);
        ulong newRound = core.Run().OfType<RaftMessage.Heartbeat>().First().ReadRound;
        core.Receive(late, late with { From = Peer(3) });

        Assert.True(newRound > round);
        Assert.Single(core.Member.Reads);
    }

    [Fact]
    public void A_learners_answer_does_not_count()
    {
        var core = Of(3).BecomeSettledLeader();
        core.Core.ProposeMembership(MembershipChange.AddLearner(Peer(9)));
        core.Core.ReadIndex(1);
        ulong round = core.Run().OfType<RaftMessage.Heartbeat>().First().ReadRound;

        core.Receive(Answer(core, 9, round));
        Assert.Empty(core.Member.Reads);
    }

    [Fact]
    public void A_follower_asks_once_for_all_its_readers_and_takes_no_foreign_answer()
    {
        var core = Of(3).BecomeFollower(1, 2);
        core.Core.ReadIndex(1);
        core.Core.ReadIndex(2);
        var request = Assert.IsType<RaftMessage.ReadIndex>(Assert.Single(core.Run()));
        var answer = new RaftMessage.ReadIndexResponse(Peer(2), Me, new Term(1), request.Session, request.Request, new LogIndex(0));

        core.Receive(answer with { Session = request.Session + 1 }, answer with { Request = request.Request + 1 });
        Assert.Empty(core.Member.Reads);

        core.Receive(answer, answer);
        Assert.Equal([1UL, 2UL], core.Member.Reads.Select(r => r.ReadId));
    }

    [Fact]
    public void A_restarted_member_uses_another_session()
    {
        ulong seed = 0;
        var membership = Membership.Of(Me, Peer(2), Peer(3));
        var member = new DiskMember(() => new RaftOptions { Id = Me, Seed = ++seed }, RecoveredState.NewGroup(membership));

        Assert.NotEqual(Ask(), Ask());

        ulong Ask()
        {
            List<RaftMessage> sent = [];
            member.Core.Receive(new RaftMessage.Heartbeat(Peer(2), Me, new Term(1), LogIndex.Zero, 0));
            member.Core.ReadIndex(1);
            member.Perform(sent.Add);
            member.Crash(kept: 0);
            return sent.OfType<RaftMessage.ReadIndex>().Single().Session;
        }
    }

    [Fact]
    public void A_forwarded_read_without_an_answer_is_given_back_after_an_election_timeout()
    {
        var core = Of(3, o => o with { ElectionTicks = 5 }).BecomeFollower(1, 2);
        core.Core.ReadIndex(1);
        core.Run();
        for (int i = 0; i < 5; i++)
        {
            core.Tick();
            core.Receive(new RaftMessage.Heartbeat(Peer(2), Me, new Term(1), LogIndex.Zero, 0));
        }

        Assert.Equal(ReadOutcome.LeaderLost, Assert.Single(core.Member.Reads).Outcome);
    }

    [Fact]
    public void Too_many_readers_are_refused_and_there_is_room_again_afterwards()
    {
        var core = Of(3, o => o with { MaxPendingReads = 2 }).BecomeSettledLeader();
        core.Core.ReadIndex(1);
        core.Core.ReadIndex(2);
        core.Core.ReadIndex(3);
        ulong round = core.Run().OfType<RaftMessage.Heartbeat>().First().ReadRound;
        Assert.Equal([new ReadResult(3, ReadOutcome.Overloaded, LogIndex.Zero)], core.Member.Reads);

        core.Receive(Answer(core, 2, round));
        core.Member.Reads.Clear();
        core.Core.ReadIndex(4);
        core.Run();
        Assert.Empty(core.Member.Reads);
    }

    [Fact]
    public void A_read_index_is_the_commit_index_when_the_round_began()
    {
        var core = Of(3).BecomeSettledLeader();
        var before = core.Core.CommitIndex;
        core.Core.ReadIndex(1);
        ulong round = core.Run().OfType<RaftMessage.Heartbeat>().First().ReadRound;
        var index = core.Core.Propose("a"u8.ToArray()).FirstIndex;
        core.Run();
        core.Receive(core.Accept(Peer(2), index));

        core.Receive(Answer(core, 2, round));

        Assert.Equal([new ReadResult(1, ReadOutcome.Ready, before)], core.Member.Reads);
    }

    [Fact]
    public void A_lease_ends_with_the_word_to_a_successor()
    {
        var core = Of(3, o => o with { CheckQuorum = true, Reads = ReadMode.Lease });
        core.Tick(30);
        core.BecomeSettledLeader();
        ulong round = core.Tick().OfType<RaftMessage.Heartbeat>().First().ReadRound;
        core.Receive(Answer(core, 2, round));
        core.Core.ReadIndex(1);
        core.Run();
        Assert.Equal(ReadOutcome.Ready, Assert.Single(core.Member.Reads).Outcome);

        core.Core.TransferLeadership(Peer(2));
        core.Core.ReadIndex(2);
        core.Run();

        Assert.Single(core.Member.Reads);
    }

    private static RaftMessage.HeartbeatResponse Answer(SingleCore core, int from, ulong round) => new(Peer(from), Me, core.Core.Term, round);
}
