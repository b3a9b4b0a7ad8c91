using Concord.Raft;
using static Concord.Tests.Raft.SingleCore;

namespace Concord.Tests.Raft;

/// <summary>Sections 5.1 and 5.2 of the paper: terms, roles and elections.</summary>
public sealed class ElectionPaperTests
{
    public static TheoryData<RaftRole> Roles => [RaftRole.Follower, RaftRole.Candidate, RaftRole.Leader];

    /// <summary>Section 5.1: "If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state."</summary>
    [Theory]
    [MemberData(nameof(Roles))]
    public void A_newer_term_is_adopted_in_every_role(RaftRole role)
    {
        var core = InRole(role);
        var newer = core.Core.Term.Next;

        core.Receive(core.Append(2, newer.Value, 0, 0, 0));

        Assert.Equal((RaftRole.Follower, newer, Peer(2)), (core.Core.Role, core.Core.Term, core.Core.Leader));
    }

    /// <summary>Section 5.1: "If a server receives a request with a stale term number, it rejects the request."</summary>
    [Fact]
    public void A_request_of_an_older_term_is_rejected_and_changes_nothing()
    {
        var core = Of(3).BecomeFollower(term: 3, leader: 2);

        var answers = core.Receive(
            core.Append(3, term: 2, 0, 0, 0, Entry(1, 2)),
            new RaftMessage.RequestVote(Peer(3), Me, new Term(2), new LogIndex(9), new Term(2), Transfer: false));

        Assert.Equal(new Term(3), Assert.IsType<RaftMessage.AppendEntriesResponse>(answers[0]).Term);
        Assert.False(Assert.IsType<RaftMessage.RequestVoteResponse>(answers[1]).Granted);
        Assert.Equal((LogIndex.Zero, Peer(2)), (core.Core.LastIndex, core.Core.Leader));
    }

    /// <summary>Section 5.2: "When servers start up, they begin as followers."</summary>
    [Fact]
    public void A_member_starts_as_follower() => Assert.Equal(RaftRole.Follower, Of(3).Core.Role);

    /// <summary>Section 5.2: "Leaders send periodic heartbeats to all followers in order to maintain their authority."</summary>
    [Fact]
    public void A_leader_sends_heartbeats_at_each_interval()
    {
        var core = Of(3, o => o with { HeartbeatTicks = 2 }).BecomeSettledLeader();

        Assert.Empty(core.Tick());
        Assert.Equal([Peer(2), Peer(3)], core.Tick().OfType<RaftMessage.Heartbeat>().Select(m => m.To));
    }

    /// <summary>Section 5.2: a follower "increments its current term and transitions to candidate state. It then votes for itself and issues RequestVote RPCs."</summary>
    [Theory]
    [InlineData(RaftRole.Follower)]
    [InlineData(RaftRole.Candidate)]
    public void Without_a_leader_an_election_starts(RaftRole role)
    {
        var core = InRole(role);
        var term = core.Core.Term;

        var sent = TickUntil(core, c => c.Core.Term > term);

        Assert.Equal((RaftRole.Candidate, term.Next, Me), (core.Core.Role, core.Core.Term, core.Core.Vote));
        Assert.Equal([Peer(2), Peer(3)], sent.OfType<RaftMessage.RequestVote>().Where(m => m.Term == term.Next).Select(m => m.To));
        Assert.Equal(new HardState(term.Next, Me, LogIndex.Zero), core.Member.HardState);
    }

    /// <summary>Section 5.2: a candidate wins with "votes from a majority of the servers in the full cluster for the same term", and loses without.</summary>
    [Theory]
    [InlineData(1, "", RaftRole.Leader)]
    [InlineData(3, "yy", RaftRole.Leader)]
    [InlineData(3, "y", RaftRole.Leader)]
    [InlineData(3, "", RaftRole.Candidate)]
    [InlineData(3, "n", RaftRole.Candidate)]
    [InlineData(3, "nn", RaftRole.Follower)]
    [InlineData(5, "yy", RaftRole.Leader)]
    [InlineData(5, "yn", RaftRole.Candidate)]
    [InlineData(5, "ynny", RaftRole.Leader)]
    [InlineData(5, "nnn", RaftRole.Follower)]
    public void A_majority_of_votes_decides_the_election(int voters, string votes, RaftRole expected)
    {
        var core = Of(voters);
        if (voters > 1)
        {
            core.BecomeCandidate();
        }

        for (int i = 0; i < votes.Length; i++)
        {
            core.Receive(core.Vote(Peer(i + 2), votes[i] == 'y'));
        }

        Assert.Equal(expected, core.Core.Role);
    }

    /// <summary>Section 5.2: one vote counts once, however often its answer arrives.</summary>
    [Fact]
    public void A_repeated_vote_counts_once()
    {
        var core = Of(5).BecomeCandidate();
        var vote = core.Vote(Peer(2), granted: true);

        core.Receive(vote, vote, vote);

        Assert.Equal(RaftRole.Candidate, core.Core.Role);
    }

    /// <summary>Section 5.2: "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis", and remembers it on disk.</summary>
    [Theory]
    [InlineData(0, 2, true)]
    [InlineData(0, 3, true)]
    [InlineData(2, 2, true)]
    [InlineData(3, 2, false)]
    public void A_follower_votes_once_in_a_term(int votedFor, int asks, bool granted)
    {
        var core = Of(3, hardState: At(1, votedFor));

        var answer = Assert.IsType<RaftMessage.RequestVoteResponse>(Assert.Single(core.Receive(
            new RaftMessage.RequestVote(Peer(asks), Me, new Term(1), LogIndex.Zero, Term.Zero, Transfer: false))));

        Assert.Equal(granted, answer.Granted);
        Assert.Equal(granted ? Peer(asks) : Peer(votedFor), core.Member.HardState.Vote);
    }

    /// <summary>Figure 2: a vote may leave only when it is durable. Told in the same step, it is not yet.</summary>
    [Fact]
    public void A_granted_vote_waits_for_its_write()
    {
        var core = Of(3);
        core.Core.Receive(new RaftMessage.RequestVote(Peer(2), Me, new Term(1), LogIndex.Zero, Term.Zero, Transfer: false));

        var effects = core.Core.TakeEffects();

        Assert.Empty(effects.SendNow);
        Assert.Equal(new HardState(new Term(1), Peer(2), LogIndex.Zero), effects.Write!.HardState);
        Assert.True(Assert.IsType<RaftMessage.RequestVoteResponse>(Assert.Single(effects.Write.SendAfter)).Granted);
    }

    /// <summary>The same vote asked for again while its write is under way must wait for it too.</summary>
    [Fact]
    public void A_repeated_vote_waits_for_the_write_under_way()
    {
        var core = Of(3);
        var request = new RaftMessage.RequestVote(Peer(2), Me, new Term(1), LogIndex.Zero, Term.Zero, Transfer: false);
        core.Core.Receive(request);
        Assert.NotNull(core.Core.TakeEffects().Write);

        core.Core.Receive(request);
        var effects = core.Core.TakeEffects();

        Assert.Empty(effects.SendNow);
        Assert.Single(effects.Write!.SendAfter);
        Assert.False(effects.Write.MustFlush);
    }

    /// <summary>Section 5.2: a candidate that hears a leader of its term or a later one "recognizes the leader as legitimate and returns to follower state".</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_candidate_gives_way_to_a_leader(long ahead)
    {
        var core = Of(3).BecomeCandidate();
        long term = core.Core.Term.Value + ahead;

        core.Receive(core.Append(2, term, 0, 0, 0));

        Assert.Equal((RaftRole.Follower, new Term(term), Peer(2)), (core.Core.Role, core.Core.Term, core.Core.Leader));
    }

    /// <summary>Section 5.2: "election timeouts are chosen randomly from a fixed interval", here from [T, 2T).</summary>
    [Theory]
    [InlineData(RaftRole.Follower)]
    [InlineData(RaftRole.Candidate)]
    public void Election_timeouts_are_spread_over_the_interval(RaftRole role)
    {
        var seen = new SortedSet<int>();
        for (ulong seed = 1; seed <= 300; seed++)
        {
            ulong s = seed;
            var core = InRole(role, o => o with { Seed = s });
            var term = core.Core.Term;
            int ticks = 0;
            TickUntil(core, c => ++ticks > 0 && c.Core.Term > term);
            seen.Add(ticks);
        }

        Assert.Equal(Enumerable.Range(10, 10), seen);
    }

    /// <summary>Section 5.2: randomisation keeps split votes rare: in most elections one member times out alone.</summary>
    [Fact]
    public void Members_seldom_time_out_together()
    {
        int conflicts = 0;
        for (ulong round = 0; round < 500; round++)
        {
            var timeouts = new List<int>();
            for (ulong member = 1; member <= 5; member++)
            {
                ulong seed = (round * 5) + member;
                var core = Of(5, o => o with { Seed = seed });
                int ticks = 0;
                TickUntil(core, c => ++ticks > 0 && c.Core.Role == RaftRole.Candidate);
                timeouts.Add(ticks);
            }

            conflicts += timeouts.Count(t => t == timeouts.Min()) > 1 ? 1 : 0;
        }

        // Ten values for five members: the least one is shared in about 36 of 100 cases.
        Assert.InRange(conflicts, 120, 230);
    }

    /// <summary>A candidate that fell back counts nobody's vote any more, its own included.</summary>
    [Fact]
    public void A_candidates_own_vote_does_not_count_after_it_lost()
    {
        var core = Of(3);
        core.Core.Campaign();
        ulong write = core.Core.TakeEffects().Write!.Sequence;
        core.Core.Receive(core.Vote(Peer(2), granted: false));
        core.Core.Receive(core.Vote(Peer(3), granted: false));
        Assert.Equal(RaftRole.Follower, core.Core.Role);

        core.Core.Persisted(write);

        Assert.Equal(RaftRole.Follower, core.Core.Role);
    }

    /// <summary>Votes of others may arrive before the report of the own write: leading waits for it.</summary>
    [Fact]
    public void Nobody_leads_before_its_own_vote_is_durable()
    {
        var core = Of(3);
        core.Core.Campaign();
        ulong write = core.Core.TakeEffects().Write!.Sequence;
        core.Core.Receive(core.Vote(Peer(2), granted: true));
        core.Core.Receive(core.Vote(Peer(3), granted: true));
        Assert.Equal(RaftRole.Candidate, core.Core.Role);

        core.Core.Persisted(write);

        Assert.Equal(RaftRole.Leader, core.Core.Role);
    }

    private static SingleCore InRole(RaftRole role, Func<RaftOptions, RaftOptions>? options = null)
    {
        var core = Of(3, options);
        return role switch
        {
            RaftRole.Follower => core.BecomeFollower(1, 3),
            RaftRole.Candidate => core.BecomeCandidate(),
            _ => core.BecomeLeader(),
        };
    }

    private static List<RaftMessage> TickUntil(SingleCore core, Func<SingleCore, bool> done)
    {
        List<RaftMessage> sent = [];
        for (int i = 0; i < 100; i++)
        {
            sent.AddRange(core.Tick());
            if (done(core))
            {
                return sent;
            }
        }

        throw new InvalidOperationException("it did not happen within 100 ticks");
    }
}
