using Concord.Gossip;
using Concord.Simulator.Gossip;

namespace Concord.Tests.Simulator;

/// <summary>Groups of gossiping members from one seed each; larger ones with the simulator's program.</summary>
public sealed class GossipSimulationTests
{
    private static readonly GossipDials Small = new() { Members = 10, Codec = true, Duration = 30_000 };

    [Fact]
    public void A_seed_is_one_run()
    {
        var first = Run(Small with { LossPerMille = 100 });
        var second = Run(Small with { LossPerMille = 100 });

        Assert.Equal(first.All.PacketBytes, second.All.PacketBytes);
        Assert.Equal(first.EventArrivals, second.EventArrivals);
        Assert.NotEqual(first.EventArrivals, Run(Small with { LossPerMille = 100, Seed = 2 }).EventArrivals);
    }

    /// <summary>
    /// Every crash is found out by everybody (SWIM section 2: strong completeness), in the time that the parameters promise: a
    /// first probe within 2n − 1 intervals of one of the others, the suspicion, and the rumours.
    /// </summary>
    [Theory]
    [InlineData(10, 1, 0)]
    [InlineData(10, 2, 50)]
    [InlineData(10, 3, 200)]
    [InlineData(100, 4, 0)]
    [InlineData(100, 5, 100)]
    public void Crashes_are_found_out_and_nobody_else_is_declared_dead(int members, ulong seed, int loss)
    {
        var figures = Run(Small with { Members = members, Seed = seed, LossPerMille = loss, Crashes = members / 10 });

        Assert.Equal(members / 10, figures.Detections.Count);
        Assert.All(figures.Detections, detection => Assert.True(detection.IsComplete, $"member {detection.Member}"));
        long min = members == 10 ? 4_000 : 8_000;
        Assert.All(figures.Detections, detection => Assert.InRange(detection.FirstDeath - detection.FirstSuspicion, min - 100, 6 * min));
        Assert.All(figures.Detections, detection => Assert.InRange(detection.LastDeath - detection.FirstDeath, 0, min));
        Assert.Equal(0, figures.FalseDeaths);
        Assert.Equal(0, figures.AgreedAfter);
    }

    /// <summary>Suspicion takes 3 × 0.5 s at least, and no healthy member pays for it.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 50)]
    [InlineData(3, 100)]
    public void The_fast_profile_finds_a_crash_in_a_few_seconds(ulong seed, int loss)
    {
        var figures = Run(Small with { Seed = seed, LossPerMille = loss, Options = static options => options.In(GossipProfile.Fast) });

        var detection = Assert.Single(figures.Detections);
        Assert.True(detection.IsComplete);
        Assert.InRange(detection.FirstDeath - detection.FirstSuspicion, 1_400, 3_900);
        Assert.Equal(0, figures.FalseDeaths);
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(100, 0)]
    [InlineData(100, 200)]
    public void An_event_reaches_everybody(int members, int loss)
    {
        var figures = Run(Small with { Members = members, LossPerMille = loss, Crashes = 0 });

        Assert.Equal(figures.EventMembers, figures.EventArrivals.Count);
        Assert.InRange(figures.EventReached(1), 1, 2_000);
    }

    /// <summary>Two packets a second and member is what probing costs, in a group of any size.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void A_calm_group_costs_the_same_for_each_member(int members)
    {
        var dials = Small with { Members = members };
        var run = new GossipRun(dials);
        run.Run();

        double memberSeconds = members * run.CalmFor / 1000.0;
        Assert.InRange(run.Figures.Calm.Packets / memberSeconds, 1.9, 2.1);
        Assert.InRange(run.Figures.Calm.PacketBytes / memberSeconds, 40, 60);
    }

    [Fact]
    public void Halves_that_were_cut_apart_find_each_other()
    {
        var figures = Run(Small with { Members = 20, Partition = 60_000, Crashes = 0 });

        Assert.True(figures.CutDeaths > 0, "the cut was too short to matter");
        Assert.Equal(0, figures.FalseDeaths);
        Assert.InRange(figures.AgreedAfter, 0, 300_000);
    }

    [Fact]
    public void Members_that_come_and_go_are_known_to_all()
    {
        var figures = Run(Small with { Members = 30, Duration = 60_000, ChurnPerMinute = 30, LossPerMille = 20, Crashes = 0 });

        Assert.InRange(figures.Detections.Count, 5, 20);
        Assert.All(figures.Detections, detection => Assert.True(detection.IsComplete, $"member {detection.Member}"));
        Assert.Equal(0, figures.FalseDeaths);
        Assert.InRange(figures.AgreedAfter, 0, 60_000);
    }

    /// <summary>What Lifeguard is for: members that are held up accuse far fewer healthy ones.</summary>
    [Fact]
    public void Lifeguard_keeps_slow_members_from_accusing_healthy_ones()
    {
        var dials = Small with { Members = 64, Slow = 6, Crashes = 0, Codec = false };
        var with = Run(dials);
        var without = Run(dials with { Options = GossipDials.WithoutLifeguard });

        Assert.True(without.FalseDeathsAtHealthy > 100, $"{without.FalseDeathsAtHealthy}: no trouble without it either");
        Assert.True(with.FalseDeathsAtHealthy * 5 < without.FalseDeathsAtHealthy, $"{with.FalseDeathsAtHealthy} with, {without.FalseDeathsAtHealthy} without");
        Assert.True(with.AgreedAfter >= 0 && without.AgreedAfter >= 0);
    }

    /// <summary>The counting notices: a member that mistrusts at once and asks nobody declares the living dead.</summary>
    [Fact]
    public void A_detector_that_is_wrong_is_noticed()
    {
        var figures = Run(Small with
        {
            LossPerMille = 300,
            Crashes = 0,
            Options = static options => GossipDials.WithoutLifeguard(options) with { IndirectProbes = 0, StreamProbe = false, SuspicionMultiplier = 1, ProbeInterval = 200, ProbeTimeout = 100 },
        });

        Assert.True(figures.FalseDeaths > 0, "no death was false");
    }

    /// <summary>The last look notices, too: without rumours, exchanges and probes by others nobody hears of a crash.</summary>
    [Fact]
    public void Members_that_do_not_agree_are_noticed()
    {
        var figures = Run(Small with { Options = static options => options with { SuspicionMultiplier = 1_000_000 }, SettleMax = 5_000 });

        Assert.Equal(-1, figures.AgreedAfter);
        Assert.True(figures.Disagreements > 0);
        Assert.All(figures.Detections, detection => Assert.False(detection.IsComplete));
    }

    private static GossipFigures Run(GossipDials dials)
    {
        var run = new GossipRun(dials);
        run.Run();
        return run.Figures;
    }
}
