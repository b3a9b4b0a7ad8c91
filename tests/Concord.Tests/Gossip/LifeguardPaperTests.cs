using Concord.Gossip;
using static Concord.Tests.Gossip.SingleMember;

namespace Concord.Tests.Gossip;

/// <summary>Dadgar, Phillips, Currey: "Lifeguard" (2018), by component.</summary>
public sealed class LifeguardPaperTests
{
    /// <summary>LHA-Probe: interval and timeout are the base value × (score + 1); the score is in [0, S).</summary>
    [Fact]
    public void Failed_probes_stretch_the_interval_up_to_its_limit()
    {
        var me = new SingleMember(40, o => o with { SuspicionMultiplier = 1000, StreamProbe = false });
        List<long> times = [];
        for (int i = 0; i < 8; i++)
        {
            me.NextPing();
            times.Add(me.Now);
        }

        // Each probe that no helper comments on costs as many points as helpers were asked: 0, 3, 6, 7, 7 …
        Assert.Equal([1000, 4000, 7000, 8000, 8000, 8000, 8000], times.Zip(times.Skip(1)).Select(pair => pair.Second - pair.First));
        Assert.Equal(7, me.Core.HealthScore);
    }

    [Fact]
    public void The_wait_for_the_direct_answer_stretches_as_well()
    {
        var me = new SingleMember(40, o => o with { SuspicionMultiplier = 1000, StreamProbe = false });
        me.NextPing();
        me.NextPing();
        long second = me.Now;
        Assert.Equal(3, me.Core.HealthScore);

        Assert.DoesNotContain(MessagesOf(me.AdvanceTo(second + 1999)), message => message is GossipMessage.PingRequest);
        Assert.Contains(MessagesOf(me.AdvanceTo(second + 2000)), message => message is GossipMessage.PingRequest);
    }

    /// <summary>LHA-Probe: success −1; a failed probe + the nacks that are missing; with none missing, nothing.</summary>
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    [InlineData(9, 0)]
    public void A_failed_probe_counts_by_the_nacks_that_are_missing(int nacks, int expected)
    {
        var me = new SingleMember(40, o => o with { StreamProbe = false });
        var (_, sequence, _) = me.NextPing();
        me.AdvanceTo(me.Now + 500);
        for (int i = 0; i < nacks; i++)
            me.Receive(new GossipMessage.Nack(sequence));
        me.AdvanceTo(me.Now + 500);

        Assert.Equal(expected, me.Core.HealthScore);
    }

    [Fact]
    public void Success_is_worth_a_point_and_brings_the_next_probe_nearer()
    {
        var me = new SingleMember(40, o => o with { StreamProbe = false });
        me.NextPing();
        var (_, sequence, _) = me.NextPing();
        long started = me.Now;
        Assert.Equal(3, me.Core.HealthScore);

        me.Receive(new GossipMessage.Ack(sequence));

        Assert.Equal(2, me.Core.HealthScore);
        me.NextPing();
        Assert.Equal(3000, me.Now - started);
    }

    /// <summary>LHA-Probe: a suspicion about oneself is worth a point.</summary>
    [Fact]
    public void Being_accused_is_worth_a_point()
    {
        var me = new SingleMember(5);
        me.Receive(new GossipMessage.Suspect(0, "me", Name(0)));
        Assert.Equal(1, me.Core.HealthScore);
        me.Receive(new GossipMessage.Suspect(0, "me", Name(1)));
        Assert.Equal(1, me.Core.HealthScore);
    }

    /// <summary>LHA-Probe: helpers answer also when they heard nothing, in time for the asker; later answers are passed on nevertheless.</summary>
    [Fact]
    public void A_helper_says_that_it_heard_nothing()
    {
        var me = new SingleMember(3);
        var ping = MessagesOf(me.Receive(new GossipMessage.PingRequest(900, Name(1), true))).OfType<GossipMessage.Ping>().Single();

        Assert.DoesNotContain(new GossipMessage.Nack(900), MessagesOf(me.AdvanceTo(399)));
        Assert.Contains(new GossipMessage.Nack(900), MessagesOf(me.AdvanceTo(400)));
        Assert.Contains(new GossipMessage.Ack(900), MessagesOf(me.Receive(new GossipMessage.Ack(ping.Sequence))));
    }

    [Fact]
    public void A_helper_that_was_not_asked_to_does_not()
    {
        var me = new SingleMember(3);
        me.Receive(new GossipMessage.PingRequest(900, Name(1), false));
        Assert.DoesNotContain(MessagesOf(me.AdvanceTo(2000)), message => message is GossipMessage.Nack);
    }

    [Fact]
    public void A_helper_pings_only_whom_it_knows_and_only_so_many_at_a_time()
    {
        var me = new SingleMember(3, o => o with { RelaysMax = 2 });

        Assert.Equal([new GossipMessage.Nack(1)], MessagesOf(me.Receive(new GossipMessage.PingRequest(1, "stranger", true))));
        Assert.NotEmpty(me.Receive(new GossipMessage.PingRequest(2, Name(0), true)));
        Assert.NotEmpty(me.Receive(new GossipMessage.PingRequest(3, Name(0), true)));
        Assert.Empty(me.Receive(new GossipMessage.PingRequest(4, Name(0), true)));
        Assert.Equal(1, me.Core.Counters.RelaysRefused);
        me.AdvanceTo(5000);
        Assert.NotEmpty(me.Receive(new GossipMessage.PingRequest(5, Name(0), true)));
    }

    /// <summary>Buddy system: a suspect hears of it with the next ping.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_suspect_is_told_with_the_ping(bool buddies)
    {
        var me = new SingleMember(1, o => o with { BuddySystem = buddies, GossipInterval = 1_000_000, RetransmitMultiplier = 1 });
        me.Receive(new GossipMessage.Suspect(0, Name(0), "z"));
        me.AdvanceTo(me.Now);

        var told = me.NextPing().Packet.Messages.OfType<GossipMessage.Suspect>();

        Assert.Equal(buddies ? [new GossipMessage.Suspect(0, Name(0), "me")] : [], told);
    }

    /// <summary>LHA-Suspicion: the time to object starts at max and falls with independent confirmations, and with those only.</summary>
    [Theory]
    [InlineData("d", 24_000)]
    [InlineData("d d d", 24_000)]
    [InlineData("d e", 11_381)]
    [InlineData("d e e d", 11_381)]
    [InlineData("d e f", 4_000)]
    [InlineData("d e f g", 4_000)]
    public void Confirmations_shorten_the_time_to_object(string accusers, long expected)
    {
        string[] names = accusers.Split(' ');
        var suspicion = new Suspicion(SuspicionTiming.Of(new() { Self = Other(0), Seed = 1 }, 9), 100, names[0]);
        foreach (string name in names[1..])
            suspicion.Confirm(name);

        Assert.Equal(100 + expected, suspicion.Due);
    }

    [Fact]
    public void A_confirmation_that_comes_late_ends_the_wait_at_once()
    {
        var me = new SingleMember(8, o => o with { ProbeInterval = 10_000, ProbeTimeout = 5_000 });
        me.Receive(new GossipMessage.Suspect(0, Name(0), "d"));
        me.AdvanceTo(90_000);
        Assert.Equal(MemberStatus.Suspect, me.StatusOf(0));

        me.Receive(new GossipMessage.Suspect(0, Name(0), "e"), new GossipMessage.Suspect(0, Name(0), "f"));
        me.AdvanceTo(me.Now);

        Assert.Equal(MemberStatus.Dead, me.StatusOf(0));
    }

    /// <summary>LHA-Suspicion: confirmations are passed on, the first K only.</summary>
    [Fact]
    public void The_first_k_confirmations_are_passed_on()
    {
        var me = new SingleMember(8, o => o with { ProbeInterval = 100_000, ProbeTimeout = 50_000 });
        List<string> from = [];
        foreach (string accuser in (string[])["d", "e", "e", "f", "g", "h"])
        {
            me.Receive(new GossipMessage.Suspect(0, Name(0), accuser));
            from.AddRange(MessagesOf(me.AdvanceTo(me.Now + 3000)).OfType<GossipMessage.Suspect>().Select(m => m.From));
        }

        Assert.Equal(["d", "e", "f"], from.Distinct());
    }
}
