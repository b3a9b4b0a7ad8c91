using Concord.Gossip;
using static Concord.Tests.Gossip.SingleMember;

namespace Concord.Tests.Gossip;

/// <summary>Das, Gupta, Motivala: "SWIM" (DSN 2002), by section.</summary>
public sealed class SwimPaperTests
{
    /// <summary>Section 3.1: each protocol period one member is pinged, and answers with an ack.</summary>
    [Fact]
    public void One_member_is_probed_each_period()
    {
        var me = new SingleMember(20);
        List<long> times = [];
        for (int i = 0; i < 10; i++)
        {
            var (_, sequence, _) = me.NextPing();
            times.Add(me.Now);
            me.Receive(new GossipMessage.Ack(sequence));
        }

        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(1000, pair.Second - pair.First));
    }

    [Fact]
    public void A_ping_is_answered_to_where_it_came_from_if_it_is_meant()
    {
        var me = new SingleMember(0);

        var packet = Assert.IsType<OutgoingPacket>(Assert.Single(me.Receive(new GossipMessage.Ping(17, "me"))));
        Assert.Equal(Stranger, packet.To);
        Assert.Equal([new GossipMessage.Ack(17)], packet.Messages);
        Assert.Empty(me.Receive(new GossipMessage.Ping(18, "somebody")));
        Assert.Equal(1, me.Core.Counters.PingsForOthers);
    }

    /// <summary>Section 3.1: without an ack within the timeout, k random members are asked to ping the target.</summary>
    [Fact]
    public void Without_an_answer_k_members_are_asked()
    {
        var me = new SingleMember(20);
        var (target, sequence, _) = me.NextPing();

        var sent = me.AdvanceTo(me.Now + 500);

        var asked = sent.OfType<OutgoingPacket>().Where(packet => packet.Messages[0] is GossipMessage.PingRequest).ToList();
        Assert.Equal(3, asked.Select(packet => packet.To).Distinct().Count());
        Assert.All(asked, packet => Assert.Equal(new GossipMessage.PingRequest(sequence, target, true), packet.Messages[0]));
        Assert.Equal(new GossipMessage.Ping(sequence, target), Assert.Single(sent.OfType<StreamRequest>()).Message);
    }

    /// <summary>Section 3.1: a helper pings, and passes the ack on.</summary>
    [Fact]
    public void A_helper_pings_and_passes_the_answer_on()
    {
        var me = new SingleMember(3);

        var ping = Assert.IsType<OutgoingPacket>(Assert.Single(me.Receive(new GossipMessage.PingRequest(900, Name(1), true))));
        Assert.Equal(Other(1).Address, ping.To);
        var answer = Assert.IsType<OutgoingPacket>(Assert.Single(me.Receive(new GossipMessage.Ack(Assert.IsType<GossipMessage.Ping>(ping.Messages[0]).Sequence))));
        Assert.Equal(Stranger, answer.To);
        Assert.Equal(new GossipMessage.Ack(900), answer.Messages[0]);
    }

    [Fact]
    public void An_answer_to_another_question_counts_for_nothing()
    {
        var me = new SingleMember(3);
        var (target, sequence, _) = me.NextPing();

        me.Receive(new GossipMessage.Ack(sequence + 1));
        me.Receive(new GossipMessage.Ack(sequence - 1));
        me.AdvanceTo(me.Now + 1000);

        Assert.Equal(MemberStatus.Suspect, me.Core.Find(target)?.Status);
    }

    /// <summary>Section 4.1: rumours go along with pings, acks and ping-reqs, each λ log n times.</summary>
    [Fact]
    public void Rumours_go_along_with_probes_and_their_answers()
    {
        var me = new SingleMember(3, o => o with { GossipInterval = 1_000_000 });
        me.AdvanceTo(1);
        me.Core.SendUserEvent(me.Now, "first", "x"u8.ToArray());
        me.AdvanceTo(2);
        me.Core.SendUserEvent(me.Now, "second", "x"u8.ToArray());
        me.Take();

        var answer = me.Receive(new GossipMessage.Ping(1, "me"));

        Assert.Contains(MessagesOf(answer), message => message is GossipMessage.UserEvent { Name: "second" });
        Assert.Contains(me.NextPing().Packet.Messages, message => message is GossipMessage.UserEvent { Name: "second" });
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(30, 8)]
    [InlineData(300, 12)]
    public void A_rumour_is_sent_lambda_log_n_times(int others, int expected)
    {
        var me = new SingleMember(others, o => o with { RetransmitMultiplier = others == 4 ? 2 : 4 });
        me.Core.SendUserEvent(0, "once", "x"u8.ToArray());

        var sent = MessagesOf(me.Take().Concat(me.AdvanceTo(20_000))).OfType<GossipMessage.UserEvent>();

        Assert.Equal(expected, sent.Count());
        Assert.Equal(0, me.Core.Living - others - 1);
    }

    /// <summary>Section 4.2: a member that does not answer is suspected, and only after a timeout declared dead.</summary>
    [Fact]
    public void Who_does_not_answer_is_suspected_and_then_dead()
    {
        var me = new SingleMember(1);
        me.NextPing();

        Assert.Single(me.AdvanceTo(me.Now + 1000).OfType<GossipEvent.MemberSuspected>());
        Assert.Equal(MemberStatus.Suspect, me.StatusOf(0));
        Assert.Empty(me.AdvanceTo(me.Now + 3999).OfType<GossipEvent.MemberDied>());
        Assert.Single(me.AdvanceTo(me.Now + 1).OfType<GossipEvent.MemberDied>());
        Assert.Equal(MemberStatus.Dead, me.StatusOf(0));
    }

    public enum Rumour
    {
        Alive,
        Suspect,
        Dead,
    }

    /// <summary>Section 4.2, the rules of preference between messages about one member; here it is known at incarnation 5.</summary>
    [Theory]
    [InlineData(MemberStatus.Alive, Rumour.Alive, 5, MemberStatus.Alive, 5)]
    [InlineData(MemberStatus.Alive, Rumour.Alive, 6, MemberStatus.Alive, 6)]
    [InlineData(MemberStatus.Alive, Rumour.Suspect, 4, MemberStatus.Alive, 5)]
    [InlineData(MemberStatus.Alive, Rumour.Suspect, 5, MemberStatus.Suspect, 5)]
    [InlineData(MemberStatus.Alive, Rumour.Suspect, 6, MemberStatus.Suspect, 6)]
    [InlineData(MemberStatus.Alive, Rumour.Dead, 4, MemberStatus.Alive, 5)]
    [InlineData(MemberStatus.Alive, Rumour.Dead, 5, MemberStatus.Dead, 5)]
    [InlineData(MemberStatus.Suspect, Rumour.Alive, 5, MemberStatus.Suspect, 5)]
    [InlineData(MemberStatus.Suspect, Rumour.Alive, 6, MemberStatus.Alive, 6)]
    [InlineData(MemberStatus.Suspect, Rumour.Suspect, 5, MemberStatus.Suspect, 5)]
    [InlineData(MemberStatus.Suspect, Rumour.Suspect, 6, MemberStatus.Suspect, 6)]
    [InlineData(MemberStatus.Suspect, Rumour.Dead, 4, MemberStatus.Suspect, 5)]
    [InlineData(MemberStatus.Suspect, Rumour.Dead, 5, MemberStatus.Dead, 5)]
    [InlineData(MemberStatus.Dead, Rumour.Alive, 5, MemberStatus.Dead, 5)]
    [InlineData(MemberStatus.Dead, Rumour.Alive, 6, MemberStatus.Alive, 6)]
    [InlineData(MemberStatus.Dead, Rumour.Suspect, 9, MemberStatus.Dead, 5)]
    [InlineData(MemberStatus.Dead, Rumour.Dead, 9, MemberStatus.Dead, 5)]
    public void Which_rumour_overrides_which(MemberStatus known, Rumour rumour, uint incarnation, MemberStatus then, uint thenIncarnation)
    {
        var me = new SingleMember(5);
        me.Receive(new GossipMessage.Alive(5, Other(0)));
        if (known == MemberStatus.Suspect)
            me.Receive(new GossipMessage.Suspect(5, Name(0), Name(1)));
        if (known == MemberStatus.Dead)
            me.Receive(new GossipMessage.Dead(5, Name(0), Name(1)));
        Assert.Equal(known, me.StatusOf(0));

        me.Receive(rumour switch
        {
            Rumour.Alive => new GossipMessage.Alive(incarnation, Other(0)),
            Rumour.Suspect => new GossipMessage.Suspect(incarnation, Name(0), Name(2)),
            _ => new GossipMessage.Dead(incarnation, Name(0), Name(2)),
        });

        Assert.Equal((then, thenIncarnation), (me.StatusOf(0), me.Core.Find(Name(0))!.Value.Incarnation));
    }

    /// <summary>Section 4.2: only the member itself raises its incarnation, when it is suspected at the current one.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, 8)]
    public void A_member_objects_under_a_higher_incarnation(uint accused, uint expected)
    {
        var me = new SingleMember(5);

        var done = me.Receive(new GossipMessage.Suspect(accused, "me", Name(0)));
        done.AddRange(me.AdvanceTo(me.Now));

        Assert.Equal(expected, me.Core.Incarnation);
        Assert.Contains(done, effect => effect is GossipEvent.SelfRefuted refuted && refuted.Incarnation == expected);
        Assert.Contains(MessagesOf(done), message => message is GossipMessage.Alive { Member.Name: "me" } alive && alive.Incarnation == expected);
    }

    /// <summary>Section 4.3: the list is walked in random order, and reordered after each pass, so no member waits longer than 2n − 1 periods.</summary>
    [Fact]
    public void Every_member_is_probed_once_a_round_in_random_order()
    {
        const int Others = 30;
        var me = new SingleMember(Others);
        List<string> probed = [];
        for (int i = 0; i < 3 * Others; i++)
        {
            var (target, sequence, _) = me.NextPing();
            probed.Add(target);
            me.Receive(new GossipMessage.Ack(sequence));
        }

        var rounds = probed.Chunk(Others).ToList();
        Assert.All(rounds, round => Assert.Equal(Others, round.Distinct().Count()));
        Assert.NotEqual(rounds[0], rounds[1]);
        Assert.NotEqual(rounds[1], rounds[2]);
        foreach (string name in probed.Distinct())
        {
            int[] at = [.. Enumerable.Range(0, probed.Count).Where(i => probed[i] == name)];
            Assert.All(at.Zip(at.Skip(1)), pair => Assert.True(pair.Second - pair.First <= (2 * Others) - 1));
        }
    }

    /// <summary>Section 4.3: a member that joins is put at a random place, so it is not always the last.</summary>
    [Fact]
    public void A_newcomer_is_probed_at_a_random_place_of_the_round()
    {
        HashSet<int> places = [];
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var me = new SingleMember(10, o => o with { Seed = seed });
            me.Receive(new GossipMessage.Alive(0, Other(77)));
            for (int place = 0; ; place++)
            {
                var (target, sequence, _) = me.NextPing();
                me.Receive(new GossipMessage.Ack(sequence));
                if (target == Name(77))
                {
                    places.Add(place);
                    break;
                }

                Assert.True(place < 25, "never probed");
            }
        }

        Assert.True(places.Count > 4, $"always at {string.Join(", ", places)}");
    }
}
