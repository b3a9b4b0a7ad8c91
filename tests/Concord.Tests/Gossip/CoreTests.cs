using Concord.Gossip;
using static Concord.Tests.Gossip.SingleMember;

namespace Concord.Tests.Gossip;

/// <summary>What is not in the papers: exchanges, joins, limits, corrections, refused input.</summary>
public sealed class CoreTests
{
    [Fact]
    public void All_that_is_wrong_with_options_is_said_at_once()
    {
        var options = new GossipOptions { Self = Other(0), Seed = 1, ProbeTimeout = 2000, GossipTargets = 0, PacketBytes = 100, MembersMax = 0 };

        var errors = options.Validate();

        Assert.Equal(4, errors.Count);
        Assert.Contains(errors, error => error.Contains("ProbeInterval (1000) must be greater than ProbeTimeout (2000)", StringComparison.Ordinal));
        var thrown = Assert.Throws<ArgumentException>(() => new GossipCore(options, 0));
        Assert.All(errors, error => Assert.Contains(error, thrown.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Inputs_that_exceed_a_limit_are_refused_with_its_name()
    {
        Assert.Contains("128 bytes", Assert.Throws<ArgumentException>(() => new MemberInfo(new string('n', 129), Stranger)).Message, StringComparison.Ordinal);
        Assert.Contains("512 bytes", Assert.Throws<ArgumentException>(() => new MemberInfo("n", Stranger, new byte[513])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new MemberInfo("n", default));
        Assert.ThrowsAny<ArgumentException>(() => new MemberInfo("half a pair \ud800", Stranger));
        var core = new SingleMember(0).Core;
        Assert.Throws<ArgumentException>(() => core.SendUserEvent(0, new string('n', 65), default));
        Assert.Throws<ArgumentException>(() => core.SendUserEvent(0, "n", new byte[513]));
        Assert.Throws<ArgumentException>(() => core.Join(0, []));
        Assert.Throws<ArgumentException>(() => core.Join(0, new GossipAddress[33]));
        core.Join(0, [Stranger]);
        Assert.Throws<InvalidOperationException>(() => core.Join(0, [Stranger]));
        core.Leave(0);
        Assert.Throws<InvalidOperationException>(() => core.Update(0, "x"u8.ToArray()));
        Assert.Throws<InvalidOperationException>(() => core.SendUserEvent(0, "n", default));
    }

    /// <summary>Who joins alone tells nobody what everybody knows.</summary>
    [Fact]
    public void A_newcomer_does_not_spread_what_it_was_just_told() => Assert.Equal(0, new SingleMember(500).Core.Waiting);

    [Fact]
    public void News_from_an_exchange_between_groups_is_spread()
    {
        var me = new SingleMember(3);
        me.Core.StreamReceived(0, 1, new GossipMessage.PushPull(0, new MemberState[] { new(Other(50), 2, MemberStatus.Alive) }));

        var effects = me.Take();

        Assert.Single(effects.OfType<GossipEvent.MemberJoined>());
        Assert.Equal(1, me.Core.Waiting);
        var reply = Assert.IsType<GossipMessage.PushPull>(Assert.Single(effects.OfType<StreamReply>()).Message);
        Assert.Equal(5, reply.Members.Length);
    }

    [Theory]
    [InlineData(MemberStatus.Dead, MemberStatus.Suspect)]
    [InlineData(MemberStatus.Suspect, MemberStatus.Suspect)]
    [InlineData(MemberStatus.Left, MemberStatus.Left)]
    [InlineData(MemberStatus.Alive, MemberStatus.Alive)]
    public void A_death_told_by_an_exchange_is_a_suspicion_only(MemberStatus told, MemberStatus then)
    {
        var me = new SingleMember(3);
        me.Core.StreamReceived(0, 1, new GossipMessage.PushPull(0, new MemberState[] { new(Other(0), 0, told) }));
        Assert.Equal(then, me.StatusOf(0));
    }

    [Fact]
    public void A_newcomer_learns_whom_a_suspicion_is_about_but_not_of_the_dead()
    {
        var me = new SingleMember(1);
        me.Core.StreamReceived(0, 1, new GossipMessage.PushPull(0, new MemberState[] { new(Other(7), 4, MemberStatus.Suspect), new(Other(8), 4, MemberStatus.Dead) }));

        Assert.Equal(MemberStatus.Suspect, me.StatusOf(7));
        Assert.Null(me.StatusOf(8));
    }

    [Fact]
    public void An_objection_is_in_the_answer_of_the_exchange_that_accused()
    {
        var me = new SingleMember(1);
        me.Core.StreamReceived(0, 1, new GossipMessage.PushPull(0, new MemberState[] { new(me.Core.Self, 0, MemberStatus.Dead) }));

        var reply = Assert.IsType<GossipMessage.PushPull>(Assert.Single(me.Take().OfType<StreamReply>()).Message);
        Assert.Equal(1u, reply.Members.Span[0].Incarnation);
    }

    [Fact]
    public void Streams_answer_pings_and_states_and_nothing_else()
    {
        var me = new SingleMember(1);
        me.Core.StreamReceived(0, 1, new GossipMessage.Ping(4, "me"));
        me.Core.StreamReceived(0, 2, new GossipMessage.Ping(4, "other"));
        me.Core.StreamReceived(0, 3, new GossipMessage.Dead(4, Name(0), "x"));

        Assert.Equal([new StreamReply(1, new GossipMessage.Ack(4))], me.Take().OfType<StreamReply>());
        Assert.Equal(MemberStatus.Alive, me.StatusOf(0));
    }

    [Fact]
    public void A_seed_that_never_answers_fails_after_the_timeout()
    {
        var me = new SingleMember(0);
        me.Core.Join(0, [Stranger]);
        var id = me.Take().OfType<StreamRequest>().Single().Id;

        Assert.Empty(me.AdvanceTo(9_999).OfType<GossipEvent.JoinFinished>());
        Assert.Equal(new GossipEvent.JoinFinished(0, 1), me.AdvanceTo(10_000).OfType<GossipEvent.JoinFinished>().Single());
        me.Core.StreamAnswered(10_001, id, new GossipMessage.PushPull(0, new MemberState[] { new(Other(0), 0, MemberStatus.Alive) }));
        Assert.Null(me.StatusOf(0));
    }

    /// <summary>A member that missed a refutation would go on to declare the death of one that answers its probes.</summary>
    [Fact]
    public void Who_accuses_an_old_incarnation_is_told_the_newer_one()
    {
        var me = new SingleMember(3);
        me.Receive(new GossipMessage.Alive(4, Other(0)));
        me.AdvanceTo(5_000);

        var answer = me.Receive(new GossipMessage.Suspect(3, Name(0), "x"), new GossipMessage.Dead(2, Name(0), "x")).OfType<OutgoingPacket>().Single();

        Assert.Equal(Stranger, answer.To);
        Assert.All(answer.Messages, message => Assert.Equal(4u, Assert.IsType<GossipMessage.Alive>(message).Incarnation));
        Assert.Empty(new SingleMember(3, o => o with { Corrections = false }).Receive(new GossipMessage.Suspect(0, "stranger", "x")));
    }

    [Fact]
    public void Corrections_never_exceed_a_packet()
    {
        var me = new SingleMember(0, o => o with { PacketBytes = PacketCodec.PacketBytesMin });
        var large = Enumerable.Range(0, 9).Select(n => new MemberInfo(new string((char)('a' + n), 128), Stranger, new byte[512])).ToArray();
        me.Core.StreamReceived(0, 1, new GossipMessage.PushPull(0, large.Select(member => new MemberState(member, 5, MemberStatus.Alive)).ToArray()));
        me.AdvanceTo(50_000);

        var sent = me.Receive([.. large.Select(member => new GossipMessage.Suspect(1, member.Name, "x"))]).OfType<OutgoingPacket>();

        Assert.All(sent, packet => Assert.InRange(packet.Bytes, 1, PacketCodec.PacketBytesMin));
        Assert.NotEmpty(sent);
    }

    [Fact]
    public void The_largest_rumours_fit_a_packet()
    {
        var alive = new GossipMessage.Alive(uint.MaxValue, new MemberInfo(new string('n', 128), new(UInt128.MaxValue, 1), new byte[512]));
        var happened = new GossipMessage.UserEvent(GossipMessage.UserEvent.TimeMax, new string('n', 128), new string('e', 64), new byte[512]);

        Assert.All((GossipMessage[])[alive, happened], message => Assert.InRange(PacketCodec.HeaderBytes + PacketCodec.SizeOf(message), 1, PacketCodec.PacketBytesMin));
    }

    [Fact]
    public void A_goodbye_that_cannot_be_told_ends_with_the_timeout()
    {
        var me = new SingleMember(1, o => o with { GossipInterval = 4_000, RetransmitMultiplier = 4 });
        me.Core.Leave(0);

        Assert.Equal([new GossipEvent.LeaveFinished(false)], me.AdvanceTo(8_000).OfType<GossipEvent.LeaveFinished>());
    }

    [Fact]
    public void User_events_are_told_once_and_old_ones_not_at_all()
    {
        var me = new SingleMember(1);
        var first = new GossipMessage.UserEvent(700, "x", "n", "p"u8.ToArray());

        Assert.Single(me.Receive(first).OfType<GossipEvent.UserEventReceived>());
        Assert.Empty(me.Receive(first with { Payload = "p"u8.ToArray() }).OfType<GossipEvent.UserEventReceived>());
        Assert.Single(me.Receive(first with { Origin = "y" }).OfType<GossipEvent.UserEventReceived>());
        Assert.Single(me.Receive(first with { Time = 189 }).OfType<GossipEvent.UserEventReceived>());
        Assert.Empty(me.Receive(first with { Time = 188 }).OfType<GossipEvent.UserEventReceived>());
        Assert.Empty(me.Receive(first with { Time = GossipMessage.UserEvent.TimeMax }).OfType<GossipEvent.UserEventReceived>());
        Assert.Equal(2, me.Core.Counters.UserEventsRefused);
        me.Core.SendUserEvent(me.Now, "mine", default);
        Assert.Equal(701ul, me.Take().OfType<GossipEvent.UserEventReceived>().Single().Event.Time);
    }

    /// <summary>A new process counts from 0 again; what others remember of the old one tells it to count higher.</summary>
    [Fact]
    public void A_member_that_left_comes_back_at_its_address()
    {
        var group = new GossipGroup();
        var a = group.Add("a");
        Join(group.Add("b"));
        group.Run(1_000);
        group["b"].Core.Leave(group.Now);
        group.Perform(group["b"]);
        group.Run(1_000);
        Assert.Equal(MemberStatus.Left, a.StatusOf("b"));
        group["b"].IsStopped = true;

        Join(group.Add("b", address: 2));

        Assert.True(group.RunUntil(() => a.StatusOf("b") == MemberStatus.Alive, 1_000));
        Assert.Equal(1u, group["b"].Core.Incarnation);

        void Join(GossipMember member)
        {
            member.Core.Join(group.Now, [a.Address]);
            group.Perform(member);
        }
    }

    [Fact]
    public void A_member_that_was_held_up_asks_helpers_before_it_accuses()
    {
        var me = new SingleMember(10);
        me.NextPing();
        long late = me.Now + 60_000;

        me.Core.Advance(late);
        var done = me.Take();

        Assert.Equal(3, MessagesOf(done).OfType<GossipMessage.PingRequest>().Count());
        Assert.Empty(done.OfType<GossipEvent.MemberSuspected>());
        me.AdvanceTo(late + 499);
        Assert.Equal(11, me.Core.Members.Count(member => member.Status == MemberStatus.Alive));
        Assert.Single(me.AdvanceTo(late + 500).OfType<GossipEvent.MemberSuspected>());
    }

    [Fact]
    public void The_same_seed_and_inputs_are_the_same_run()
    {
        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1), Run(2));

        static string Run(ulong seed)
        {
            var group = new GossipGroup();
            List<string> log = [];
            group.Log = line => log.Add($"{group.Now} {line}");
            for (int i = 0; i < 8; i++)
            {
                group.Add($"m{i}", o => o with { Seed = (seed * 100) + (ulong)i });
                if (i > 0)
                {
                    group[$"m{i}"].Core.Join(group.Now, [group["m0"].Address]);
                    group.Perform(group[$"m{i}"]);
                }
            }

            group.Run(5_000);
            group["m3"].IsStopped = true;
            group.Run(15_000);
            return string.Join('\n', log);
        }
    }
}
