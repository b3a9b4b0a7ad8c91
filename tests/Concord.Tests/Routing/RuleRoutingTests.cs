using Concord.Client.Balancing;
using Concord.Client.Balancing.Routing;
using Concord.Client.Registry;
using Concord.Client.Routing;
using Concord.Routing;
using Concord.Tests.Client.Balancing;

namespace Concord.Tests.Routing;

/// <summary>Published rules over instances, and what a pool makes of them: who gets which part of the calls.</summary>
public sealed class RuleRoutingTests
{
    private static readonly CallerPlace Here = new("eu-1", "eu");

    [Fact]
    public void Without_rules_all_are_equal() => Assert.Equal(2, Assert.Single(Assert.Single(Plan(RouteRules.None, One("a"), One("b")).Splits).Tiers).Instances.Count);

    [Fact]
    public void An_instance_belongs_to_the_first_share_that_it_fits_and_one_that_fits_none_gets_nothing()
    {
        var rules = new RouteRules
        {
            Split =
            [
                new() { Name = "canary", BasisPoints = 500, Version = "1.5.*", Tags = ["blue"], Labels = new Dictionary<string, string> { ["track"] = "canary" } },
                new() { Name = "1.5", BasisPoints = 500, Version = "1.5.*" },
                new() { Name = "1.4", BasisPoints = 9_000, Version = "1.4" },
            ],
        };
        var canary = One("a", version: "1.5.1") with { Tags = ["blue", "new"], Metadata = new Dictionary<string, string> { ["track"] = "canary" } };

        var plan = Plan(rules, canary, One("b", version: "1.5.0") with { Tags = ["blue"] }, One("c", version: "1.4"), One("d", version: "1.4.1"));

        Assert.Equal(["canary: a", "1.5: b", "1.4: c"], plan.Splits.Select(split => $"{split.Name}: {Ids(Assert.Single(split.Tiers))}"));
    }

    [Fact]
    public void Shares_are_kept_to_over_many_callers()
    {
        using var pool = Pool(Rules(("2", 500), ("1", 9_500)), One("old", version: "1"), One("new", version: "2"), One("other", version: "3"));

        var counts = pool.Count(20_000);

        // Outside of five standard deviations, sqrt(20000 · 0.05 · 0.95) each, is one in a million; and the seed is fixed.
        Assert.InRange(counts["new"], 1_000 - 154, 1_000 + 154);
        Assert.Equal(20_000, counts["new"] + counts["old"]);
    }

    [Fact]
    public void A_key_keeps_its_share_and_a_share_that_grows_keeps_its_keys()
    {
        ServiceInstance[] instances = [One("old", version: "1"), One("new", version: "2")];
        using var small = Pool(Rules(("2", 1_000), ("1", 9_000)), instances);
        using var large = Pool(Rules(("2", 3_000), ("1", 7_000)), instances);
        var keys = Enumerable.Range(0, 2_000).Select(i => $"user-{i}").ToList();

        var few = keys.Where(key => Chosen(small, key) == "new").ToList();

        Assert.InRange(few.Count, 130, 270);
        Assert.All(few, key => Assert.Equal("new", Chosen(large, key)));
        Assert.InRange(keys.Count(key => Chosen(large, key) == "new"), 500, 700);
    }

    [Fact]
    public void Callers_of_a_share_without_anybody_healthy_go_to_the_others()
    {
        using var pool = Pool(Rules(("2", 5_000), ("1", 5_000)), One("old", version: "1"), One("dead", version: "2", state: InstanceState.Critical));

        Assert.Equal(100, pool.Count(100)["old"]);
    }

    [Fact]
    public void The_own_zone_comes_first_and_spills_in_proportion_to_what_it_lost()
    {
        var rules = new RouteRules { Failover = [new(FailoverKind.OwnZone), new(FailoverKind.OwnRegion), FailoverStep.Any], FailoverBelow = 80 };

        // Above the threshold nothing spills; with 4 of 10 serving the zone takes 0.4 / 0.8 of its callers, the region the others.
        Assert.Equal("here 1000", Zones(rules, alive: 8));
        var half = Counts(rules, alive: 4);
        Assert.InRange(half["here"], 420, 580);
        Assert.Equal(1_000, half["here"] + half["near"]);
        Assert.Equal("near 1000", Zones(rules, alive: 0));
    }

    [Fact]
    public void Instances_that_no_step_names_get_nothing()
    {
        using var pool = Pool(new RouteRules { Failover = [new(FailoverKind.Region, "eu")] }, One("far", region: "us"));

        Assert.False(pool.TryPick(default, out _));
    }

    [Fact]
    public void A_zone_in_maintenance_gets_nothing_and_its_callers_go_on()
    {
        var rules = new RouteRules { Failover = [new(FailoverKind.OwnZone), FailoverStep.Any], Maintenance = new Dictionary<string, string> { ["eu-1"] = "new switches" } };
        using var pool = Pool(rules, One("here", zone: "eu-1"), One("there", zone: "eu-2"));
        using var closed = Pool(rules, One("here", zone: "eu-1"));

        Assert.Equal(100, pool.Count(100)["there"]);
        // An operator's word: nobody is better than those.
        Assert.False(closed.TryPick(default, out _));
    }

    [Fact]
    public void A_caller_that_does_not_know_its_zone_passes_over_the_steps_that_ask_for_it()
    {
        var rules = new RouteRules { Failover = [new(FailoverKind.OwnZone), new(FailoverKind.OwnRegion), FailoverStep.Any] };

        var plan = RuleRouting.Plan(rules, CallerPlace.Unknown, [One("a")]);

        Assert.Equal(["", "", "a"], Assert.Single(plan.Splits).Tiers.Select(Ids));
    }

    private static Dictionary<string, int> Counts(RouteRules rules, int alive)
    {
        using var pool = Pool(
            rules,
            [
                .. Enumerable.Range(0, 10).Select(i => One($"here-{i}", zone: "eu-1", region: "eu", state: i < alive ? InstanceState.Passing : InstanceState.Critical)),
                One("near-0", zone: "eu-2", region: "eu"), One("far-0", zone: "us-1", region: "us"),
            ]);
        return pool.Count(1_000).GroupBy(count => count.Key.Split('-')[0]).ToDictionary(group => group.Key, group => group.Sum(count => count.Value));
    }

    private static string Zones(RouteRules rules, int alive) => string.Join(", ", Counts(rules, alive).Select(count => $"{count.Key} {count.Value}"));

    private static string Chosen(EndpointPool pool, string key)
    {
        Assert.True(pool.TryPick(SelectionContext.ForKey(key), out var pick));
        pick.Complete(CallOutcome.Success);
        return pick.Endpoint.Instance.Id;
    }

    private static string Ids(RoutingTier tier) => string.Join(' ', tier.Instances.Select(one => one.Instance.Id));

    private static RoutingPlan Plan(RouteRules rules, params ServiceInstance[] instances) => RuleRouting.Plan(rules, Here, instances);

    private static EndpointPool Pool(RouteRules rules, params ServiceInstance[] instances)
    {
        var pool = new EndpointPool(Fleet.Service, new() { Routing = new Fixed(rules), Policy = BalancingPolicies.Weighted(1), Seed = 7, PanicPercent = 0 });
        pool.Update(Fleet.View(instances));
        return pool;
    }

    private static RouteRules Rules(params (string Version, int Points)[] shares) =>
        new() { Split = [.. shares.Select(share => new RouteShare { Name = share.Version, Version = share.Version, BasisPoints = share.Points })] };

    private static ServiceInstance One(string id, string zone = "", string region = "", string version = "", InstanceState state = InstanceState.Passing) =>
        Fleet.Instance(id, zone: zone, state: state, version: version) with { Region = region };

    private sealed class Fixed(RouteRules rules) : IRoutingPolicy
    {
        public event Action? Changed
        {
            add { }
            remove { }
        }

        public RoutingPlan Route(RoutingView view) => RuleRouting.Plan(rules, Here, view.Instances);
    }
}
