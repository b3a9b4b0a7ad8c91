using Concord.Client.Balancing;
using Concord.Simulator.Load;

namespace Concord.Tests.Simulator;

/// <summary>What docs/design/0014-balancing.md claims of the policies, in shorter runs than those of its table. Simulated time: nothing here depends on the machine.</summary>
public sealed class LoadSimulationTests
{
    private static readonly LoadDials Short = new() { Duration = 22_000_000, Callers = 10 };

    [Fact]
    public void A_seed_is_one_run()
    {
        var (one, same, other) = (Run("slow", "peak_ewma"), Run("slow", "peak_ewma"), Run("slow", "peak_ewma", dials => dials with { Seed = 2 }));

        Assert.Equal((one.Calls, one.Percentile(0.5), one.Percentile(0.999)), (same.Calls, same.Percentile(0.5), same.Percentile(0.999)));
        Assert.NotEqual((one.Calls, one.Percentile(0.999)), (other.Calls, other.Percentile(0.999)));
    }

    [Fact]
    public void A_slow_instance_is_felt_least_by_the_default()
    {
        Assert.Equal("peak_ewma", BalancingPolicies.Default().Name);
        var (turns, least, ewma) = (Run("slow", "round_robin"), Run("slow", "least_requests"), Run("slow", "peak_ewma"));

        Assert.True(ewma.Percentile(0.99) < least.Percentile(0.99) / 2, $"{ewma.Percentile(0.99)} and {least.Percentile(0.99)}");
        Assert.True(least.Percentile(0.99) < turns.Percentile(0.99), $"{least.Percentile(0.99)} and {turns.Percentile(0.99)}");
    }

    [Fact]
    public void Sizes_that_nobody_told_are_found_by_looking_at_load()
    {
        var turns = Run("untold", "round_robin");

        Assert.All(["least_requests", "peak_ewma"], policy => Assert.True(Run("untold", policy).Percentile(0.99) < turns.Percentile(0.99) / 2));
    }

    [Fact]
    public void Sizes_that_were_told_need_no_more_than_weights() =>
        Assert.True(Run("sizes", "weighted").Percentile(0.99) < Run("sizes", "round_robin").Percentile(0.99) / 2);

    [Fact]
    public void Looking_at_load_makes_restarts_quiet()
    {
        var (turns, least, ewma) = (Run("rolling", "round_robin"), Run("rolling", "least_requests"), Run("rolling", "peak_ewma"));

        Assert.True(least.Percentile(0.99) < turns.Percentile(0.99), $"{least.Percentile(0.99)} and {turns.Percentile(0.99)}");
        Assert.True(ewma.Percentile(0.99) < turns.Percentile(0.99), $"{ewma.Percentile(0.99)} and {turns.Percentile(0.99)}");
    }

    /// <summary>The one that fails at once looks like the best; without ejection only what failures add to the load keeps calls away.</summary>
    [Fact]
    public void An_instance_that_fails_draws_no_calls_and_ejection_ends_them()
    {
        static LoadDials Without(LoadDials dials) => dials with { Ejects = false };
        double Retried(LoadFigures figures) => (double)figures.Retried / figures.Calls;
        var turns = Retried(Run("failing", "round_robin", Without));

        Assert.InRange(turns, 0.05, 0.15);
        Assert.All(["least_requests", "peak_ewma"], policy => Assert.True(Retried(Run("failing", policy, Without)) < turns));
        Assert.True(Retried(Run("failing", "round_robin")) < turns / 10);
    }

    private static LoadFigures Run(string scenario, string policy, Func<LoadDials, LoadDials>? change = null)
    {
        var dials = Short with { Scenario = LoadScenario.Find(scenario)!, Policy = policy };
        return new LoadRun(change?.Invoke(dials) ?? dials).Run();
    }
}
