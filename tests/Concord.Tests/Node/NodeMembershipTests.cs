using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;

namespace Concord.Tests.Node;

public sealed class NodeMembershipTests
{
    [Fact]
    public void Founders_know_each_others_addresses_from_the_first_entry_on()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);

        foreach (var id in new ulong[] { 1, 2, 3 })
        {
            var directory = MemberDirectory.Of(group[id].AppliedMembership);
            Assert.Equal([NodeGroup.InfoOf(1), NodeGroup.InfoOf(2), NodeGroup.InfoOf(3)], directory.Members.Select(pair => pair.Value));
        }
    }

    [Fact]
    public void A_member_tells_where_clients_reach_it_without_a_change_of_the_voters()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        var published = NodeGroup.InfoOf(2) with { ClientUrls = ["http://10.0.0.2:2379"] };

        Assert.Equal(RequestOutcome.Done, group.Change(1, [], (2, published)).Outcome);

        Assert.Equal(published, MemberDirectory.Of(group[3].AppliedMembership)[new MemberId(2)]);
        Assert.Equal(NodeGroup.InfoOf(3), MemberDirectory.Of(group[3].AppliedMembership)[new MemberId(3)]);
        Assert.Equal(3, group[3].AppliedMembership.Voters.Count);
        Assert.Equal(1, group[1].View.Revision);
    }

    [Fact]
    public void Two_voters_are_added_in_one_change_that_is_done_when_the_joint_configuration_has_ended()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        group.Join(4);
        group.Join(5);

        var answer = group.Change(
            1,
            [new(MemberChangeKind.AddVoter, new(4)), new(MemberChangeKind.AddVoter, new(5))],
            (4, NodeGroup.InfoOf(4)),
            (5, NodeGroup.InfoOf(5)));

        Assert.Equal(RequestOutcome.Done, answer.Outcome);
        Assert.Equal(5, group[5].AppliedMembership.Voters.Count);
        Assert.False(group[5].AppliedMembership.IsJoint);
        Assert.Equal(NodeGroup.InfoOf(5), MemberDirectory.Of(group[4].AppliedMembership)[new MemberId(5)]);
        Assert.Contains(group.MemberOf(1).Memberships, membership => membership.IsJoint);
    }

    [Fact]
    public void A_learner_is_given_a_vote_when_it_has_caught_up_and_not_before()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        Assert.Equal(RequestOutcome.Done, group.Change(1, [new(MemberChangeKind.AddLearner, new(4))], (4, NodeGroup.InfoOf(4))).Outcome);
        Assert.Equal(RequestOutcome.LearnerNotReady, group.Change(1, [new(MemberChangeKind.AddVoter, new(4))]).Outcome);

        group.Join(4);
        group.TickAll(3);

        Assert.True(group[4].IsLearner);
        Assert.Equal(RequestOutcome.Done, group.Change(1, [new(MemberChangeKind.AddVoter, new(4))]).Outcome);
        Assert.Equal(4, group[4].AppliedMembership.Voters.Count);
    }

    [Fact]
    public void A_group_of_one_grows_without_waiting_for_a_member_that_is_not_started()
    {
        var group = new NodeGroup(1);
        group.Elect(1);
        var added = group.Change(1, [new(MemberChangeKind.AddLearner, new(2))], (2, NodeGroup.InfoOf(2) with { BecomesVoter = true }));
        Assert.Equal(RequestOutcome.Done, added.Outcome);
        group.TickAll(5);
        group.Propose(1, NodeDriver.Put("a", "1"));
        group.Settle();
        Assert.NotNull(group[1].View.Get("a"u8));

        group.Join(2);
        group.TickAll(5);

        Assert.Equal([new MemberId(1), new MemberId(2)], group[2].AppliedMembership.Voters);
        Assert.Equal(NodeGroup.InfoOf(2), MemberDirectory.Of(group[2].AppliedMembership)[new MemberId(2)]);
        Assert.NotNull(group[2].View.Get("a"u8));
    }

    [Fact]
    public void What_is_known_of_the_others_survives_a_removal_and_a_promotion()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        group.Change(1, [new(MemberChangeKind.AddLearner, new(4))], (4, NodeGroup.InfoOf(4)));
        group.Join(4);
        group.TickAll(3);

        Assert.Equal(RequestOutcome.Done, group.Change(1, [new(MemberChangeKind.Remove, new(3))]).Outcome);
        Assert.Equal(RequestOutcome.Done, group.Change(1, [new(MemberChangeKind.AddVoter, new(4))]).Outcome);

        var directory = MemberDirectory.Of(group[2].AppliedMembership);
        Assert.Equal([NodeGroup.InfoOf(1), NodeGroup.InfoOf(2), NodeGroup.InfoOf(4)], new ulong[] { 1, 2, 4 }.Select(id => directory[new MemberId(id)]));
    }

    [Fact]
    public void Who_was_removed_is_part_of_the_agreed_configuration_and_does_not_come_back()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        Assert.Equal(RequestOutcome.Done, group.Change(1, [new(MemberChangeKind.Remove, new(3))]).Outcome);
        group.Change(1, [new(MemberChangeKind.AddLearner, new(4))], (4, NodeGroup.InfoOf(4) with { BecomesVoter = true, Replaces = new(2) }));
        group.Join(4);
        group.TickAll(5);

        Assert.Equal([new MemberId(1), new MemberId(4)], group[4].AppliedMembership.Voters);
        Assert.Equal([new MemberId(3), new MemberId(2)], MemberDirectory.Of(group[4].AppliedMembership).Removed);
        var back = group.Change(1, [new(MemberChangeKind.AddLearner, new(3))], (3, NodeGroup.InfoOf(3)));
        Assert.Equal(RequestOutcome.InvalidChange, back.Outcome);
        Assert.Contains("3 was removed", back.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Those_removed_longest_ago_are_forgotten_beyond_a_limit()
    {
        var directory = MemberDirectory.Empty.With(new(1), NodeGroup.InfoOf(1));
        for (ulong id = 2; id < 2 + 300; id++)
        {
            directory = directory.WithRemoved([new(id)]);
        }

        var read = MemberDirectory.Of(Membership.Of(new MemberId(1)) with { Context = directory.Encode() });

        Assert.Equal(MemberDirectory.RemovedMax, read.Removed.Count);
        Assert.Equal(new MemberId(301), read.Removed[^1]);
        Assert.Equal(NodeGroup.InfoOf(1), read[new MemberId(1)]);
    }

    [Fact]
    public void A_new_voter_takes_the_place_of_another_in_one_step_when_it_has_caught_up()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        group.CutOff.Add(3);
        var added = group.Change(
            1, [new(MemberChangeKind.AddLearner, new(4))], (4, NodeGroup.InfoOf(4) with { BecomesVoter = true, Replaces = new(3) }));
        Assert.Equal(RequestOutcome.Done, added.Outcome);
        group.TickAll(5);
        Assert.Equal([new MemberId(1), new MemberId(2), new MemberId(3)], group[1].AppliedMembership.Voters);

        group.Join(4);
        group.TickAll(5);

        Assert.Equal([new MemberId(1), new MemberId(2), new MemberId(4)], group[4].AppliedMembership.Voters);
        Assert.Empty(group[4].AppliedMembership.Learners);
        Assert.Equal(NodeGroup.InfoOf(4), MemberDirectory.Of(group[2].AppliedMembership)[new MemberId(4)]);
        Assert.DoesNotContain(group.MemberOf(2).Memberships, membership => membership.Voters.Count == 4);
    }

    [Fact]
    public void A_change_that_would_leave_no_running_majority_is_refused()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        group.CutOff.Add(3);
        group.TickAll(30);

        Assert.Equal(RequestOutcome.NotEnoughStarted, group.Change(1, [new(MemberChangeKind.Remove, new(2))]).Outcome);
        foreach (var id in new ulong[] { 1, 2, 3 })
        {
            var info = NodeGroup.InfoOf(id) with { ClientUrls = [$"http://10.0.0.{id}:2379"] };
            Assert.Equal(RequestOutcome.Done, group.Change(1, [], (id, info)).Outcome);
        }

        Assert.Equal(RequestOutcome.Unhealthy, group.Change(1, [new(MemberChangeKind.Remove, new(2))]).Outcome);
        Assert.Equal(RequestOutcome.Unhealthy, group.Change(1, [new(MemberChangeKind.Remove, new(1))]).Outcome);
        Assert.Equal(RequestOutcome.Done, group.Change(1, [new(MemberChangeKind.Remove, new(3))]).Outcome);
        Assert.Equal(2, group[1].AppliedMembership.Voters.Count);
    }

    [Fact]
    public void Two_members_cannot_have_one_address_but_one_may_inherit_it()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        MemberChange add = new(MemberChangeKind.AddLearner, new(4));

        var answer = group.Change(1, [add], (4, NodeGroup.InfoOf(3)));
        Assert.Equal(RequestOutcome.InvalidChange, answer.Outcome);
        Assert.Contains("http://10.0.0.3:2380", answer.Reason, StringComparison.Ordinal);
        Assert.Equal(RequestOutcome.Done, group.Change(1, [new(MemberChangeKind.Remove, new(3)), add], (4, NodeGroup.InfoOf(3))).Outcome);
    }

    [Fact]
    public void What_an_export_needs_is_not_dropped_before_it_ends()
    {
        var group = new NodeGroup(1);
        group.Elect(1);
        for (var i = 0; i < 5; i++)
        {
            group.Propose(1, NodeDriver.Put("a", $"{i}"));
        }

        group.Settle();
        var (metadata, view) = group[1].BeginExport();
        group.Propose(1, new CompactCommand(5));
        group.Settle();

        Assert.False(group[1].Trim(100));
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new KeySpaceSnapshotWriter(view);
        while (writer.WriteNext(bytes, 10))
        {
        }

        group[1].EndExport();
        Assert.True(group[1].Trim(100));
        Assert.Equal(metadata.Index.Next, group[1].AppliedIndex);
        var reader = new KeySpaceSnapshotReader();
        reader.Feed(bytes.WrittenSpan);
        Assert.Equal(view.Revision, reader.Complete().Revision);
    }

    [Fact]
    public void A_change_that_is_not_possible_is_refused_with_a_reason()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);

        var answer = group.Change(1, [new(MemberChangeKind.Remove, new(1)), new(MemberChangeKind.Remove, new(2)), new(MemberChangeKind.Remove, new(3))]);
        Assert.Equal(RequestOutcome.InvalidChange, answer.Outcome);
        Assert.Contains("no voter", answer.Reason, StringComparison.Ordinal);

        answer = group.Change(1, [], (1, new MemberInfo(new string('x', 300), [], [])));
        Assert.Equal(RequestOutcome.InvalidChange, answer.Outcome);
        Assert.Equal(RequestOutcome.NotLeader, group.Change(2, [], (2, NodeGroup.InfoOf(2))).Outcome);
    }

    [Fact]
    public void Leadership_goes_to_the_chosen_member()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);

        Assert.Equal(TransferResult.Started, group[1].TransferLeadership(new MemberId(3)));
        group.Settle();

        Assert.Equal(RaftRole.Leader, group[3].Role);
        Assert.Equal(new MemberId(3), group[1].Leader);
    }

    [Fact]
    public void A_command_put_into_the_log_for_another_member_is_answered_there()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        var token = group.NextToken();

        var (outcome, first, term) = group[1].ProposeFor([NodeDriver.Encode(NodeDriver.Put("a", "1"))]);
        Assert.Equal(RequestOutcome.Done, outcome);
        group[2].Await(token, first, term);
        group.Settle();

        var answer = Assert.Single(group.MemberOf(2).Commands);
        Assert.Equal((token, RequestOutcome.Done), (answer.Token, answer.Outcome));
        Assert.Equal(2, answer.Result!.Revision);
    }

    [Fact]
    public void Word_of_a_command_that_comes_after_its_entry_tells_what_is_certain()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        var (_, first, term) = group[1].ProposeFor([NodeDriver.Encode(NodeDriver.Put("a", "1"))]);
        group.Settle();

        group[2].Await(group.NextToken(), first, term);
        group[2].Await(group.NextToken(), first, term.Next);
        group.Settle();

        Assert.Equal([RequestOutcome.Unknown, RequestOutcome.Superseded], group.MemberOf(2).Commands.Select(answer => answer.Outcome));
    }

    [Fact]
    public void Word_of_a_deposed_leader_that_its_successors_entries_overtook_still_finds_the_result()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        group.CutOff.Add(2);
        var (_, first, term) = group[1].ProposeFor([NodeDriver.Encode(NodeDriver.Put("a", "1"))]);
        group.Settle();
        group.CutOff.Remove(2);
        group.CutOff.Add(1);
        for (var ticks = 0; ticks < 100 && group[3].Role != RaftRole.Leader; ticks++)
        {
            group.TickAll();
        }

        Assert.True(group[2].AppliedIndex > first);
        var token = group.NextToken();
        group[2].Await(token, first, term);
        group[2].Await(group.NextToken(), first, term);
        group.Settle();

        Assert.Equal([RequestOutcome.Done, RequestOutcome.Unknown], group.MemberOf(2).Commands.Select(answer => answer.Outcome));
        Assert.Equal(2, group.MemberOf(2).Commands[0].Result!.Revision);
    }

    [Fact]
    public void A_deposed_leaders_commands_are_superseded_and_a_refused_connection_elects_the_next_one_at_once()
    {
        var group = new NodeGroup(1, 2, 3);
        group.Elect(1);
        group.CutOff.Add(1);
        group.Propose(1, NodeDriver.Put("a", "lost"));
        group.Settle();

        foreach (var id in new ulong[] { 2, 3 })
        {
            group[id].ReportConnectionRefused(new MemberId(1));
        }

        var leader = 0ul;
        for (var ticks = 0; ticks < 8 && leader == 0; ticks++)
        {
            group[2].Tick();
            group[3].Tick();
            group.Settle();
            leader = new ulong[] { 2, 3 }.FirstOrDefault(id => group[id].Role == RaftRole.Leader);
        }

        Assert.NotEqual(0ul, leader);
        group.Propose(leader, NodeDriver.Put("b", "1"));
        group.Settle();
        group.CutOff.Clear();
        group.TickAll(3);

        Assert.Equal(RequestOutcome.Superseded, Assert.Single(group.MemberOf(1).Commands).Outcome);
        Assert.Null(group[1].View.Get("a"u8));
        Assert.NotNull(group[1].View.Get("b"u8));
    }

    [Fact]
    public void The_directory_survives_its_bytes_and_refuses_others()
    {
        var info = new MemberInfo("näme", ["http://a:1", "http://b:2"], []);
        var directory = MemberDirectory.Empty.With(new MemberId(9), info).With(new MemberId(3), MemberInfo.Unknown);
        var read = MemberDirectory.Of(Membership.Empty with { Context = directory.Encode() });

        Assert.Equal(directory.Members, read.Members);
        Assert.Equal(MemberInfo.Unknown, read[new MemberId(4)]);
        Assert.Throws<NodeInvariantException>(() => MemberDirectory.Of(Membership.Empty with { Context = new byte[] { 1, 5, 0, 1 } }));
        Assert.Throws<NodeInvariantException>(() => MemberDirectory.Of(Membership.Empty with { Context = new byte[] { 9 } }));
    }
}
