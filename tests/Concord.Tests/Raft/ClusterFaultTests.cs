namespace Concord.Tests.Raft;

/// <summary>
/// Groups of three to five members under random loss, repetition, reordering, partitions, crashes that lose unflushed
/// writes, snapshots, membership changes and hand-overs; every message goes through the codec. One seed is one run.
/// </summary>
public sealed class ClusterFaultTests
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("CONCORD_LONG") == "1";

    [Fact]
    public void Safety_holds_in_every_step_and_the_group_recovers_when_faults_end()
    {
        ulong seeds = Long ? 5_000UL : 40UL;
        var total = new WorldFigures();
        for (ulong seed = 1; seed <= seeds; seed++)
        {
            total.Add(Run(seed, steps: 4_000));
        }

        // A run in which nothing happens would prove nothing.
        int each = (int)seeds;
        Assert.True(
            total.Leaders > 3 * each && total.Committed > 20 * each && total.Configurations > 2 * each && total.Joint > each / 4
            && total.Snapshots > each / 4 && total.Transfers > each / 4 && total.LostWrites > each
            && total.ReadsByLeader > each && total.ReadsByOthers > each,
            total.ToString());
    }

    /// <summary>Each of these once failed; see the commit that added it.</summary>
    [Theory]
    [InlineData(1)]
    public void Found_seeds_stay_fixed(ulong seed) => Run(seed, steps: 4_000);

    private static WorldFigures Run(ulong seed, int steps)
    {
        var world = new FaultyWorld(seed);
        try
        {
            for (int i = 0; i < steps; i++)
            {
                world.Step();
            }

            world.HealAndConverge();
            return world.Figures;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"seed {seed}, step {world.Steps}: {e.Message}\n{world.Describe()}", e);
        }
    }
}
