using Concord.Gossip;

namespace Concord.Tests.Gossip;

public sealed class TimingTests
{
    /// <summary>The formula with α = 4, β = 6 and an interval of 1 s: min, after one confirmation, max; 2 confirmations bring it to min.</summary>
    [Theory]
    [InlineData(5, 4_000, 11_381, 24_000)]
    [InlineData(10, 4_000, 11_381, 24_000)]
    [InlineData(32, 6_020, 17_129, 36_120)]
    [InlineData(100, 8_000, 22_762, 48_000)]
    [InlineData(1_000, 12_000, 34_144, 72_000)]
    [InlineData(10_000, 16_000, 45_525, 96_000)]
    public void The_time_to_object_depends_on_members_and_confirmations(int members, long min, long one, long max)
    {
        var timing = SuspicionTiming.Of(Options, members);

        Assert.Equal(2, timing.Confirmations);
        Assert.Equal(max, timing.Timeout(0));
        Assert.Equal(one, timing.Timeout(1));
        Assert.Equal(min, timing.Timeout(2));
        Assert.Equal(min, timing.Timeout(3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Where_too_few_could_confirm_the_least_time_holds(int members)
    {
        var timing = SuspicionTiming.Of(Options, members);
        Assert.Equal((0, 4_000), (timing.Confirmations, timing.Timeout(0)));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(9, 4)]
    [InlineData(10, 8)]
    [InlineData(99, 8)]
    [InlineData(100, 12)]
    [InlineData(1_000, 16)]
    [InlineData(10_000, 20)]
    public void Rumours_are_sent_lambda_log_n_times(int members, int expected) => Assert.Equal(expected, BroadcastQueue.Limit(4, members));

    [Theory]
    [InlineData(1, 30_000)]
    [InlineData(32, 30_000)]
    [InlineData(33, 60_000)]
    [InlineData(64, 60_000)]
    [InlineData(100, 90_000)]
    [InlineData(1_000, 180_000)]
    [InlineData(5_000, 270_000)]
    [InlineData(10_000, 300_000)]
    public void Full_exchanges_become_rarer_in_large_groups(int members, long expected) => Assert.Equal(expected, Exchanges.Interval(30_000, members));

    [Fact]
    public void Health_stays_within_its_limits()
    {
        var health = new LocalHealth(8);
        health.Add(-3);
        Assert.Equal((0, 500), (health.Score, health.Scale(500)));
        health.Add(3);
        Assert.Equal((3, 2000), (health.Score, health.Scale(500)));
        health.Add(50);
        Assert.Equal((7, 4000), (health.Score, health.Scale(500)));
        health.Add(-1);
        Assert.Equal(6, health.Score);

        var off = new LocalHealth(1);
        off.Add(9);
        Assert.Equal((0, 500), (off.Score, off.Scale(500)));
    }

    private static GossipOptions Options => new() { Self = new("a", GossipGroup.AddressOf(1)), Seed = 1 };
}
