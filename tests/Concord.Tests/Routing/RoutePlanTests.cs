using Concord.Client.Registry;
using Concord.Client.Routing;
using Concord.Routing;

namespace Concord.Tests.Routing;

/// <summary>Who gets which part of the calls.</summary>
public sealed class RoutePlanTests
{
    [Fact]
    public void Without_rules_everybody_who_serves_is_chosen()
    {
        var table = Plan(RouteRules.None).Over([One("a"), One("b", state: InstanceState.Warning), One("c", state: InstanceState.Critical), One("d", weight: 0), One("e", state: InstanceState.Draining)]);

        Assert.Equal(["a", "b"], table.Choose(null)!.Value.Group.Instances.Select(instance => instance.Id));
    }

    [Fact]
    public void Shares_are_kept_to_over_many_keys()
    {
        var table = Plan(Rules(("1.5", 500), ("1.4", 9_500))).Over([One("old", version: "1.4"), One("new", version: "1.5"), One("other", version: "1.3")]);

        var chosen = Enumerable.Range(0, 20_000).Select(i => table.Choose($"user-{i}")!.Value).CountBy(choice => choice.Share).ToDictionary();

        // Two in a hundred thousand would be outside of five standard deviations: 5 * sqrt(20000 * 0.05 * 0.95) = 154.
        Assert.InRange(chosen["1.5"], 1_000 - 154, 1_000 + 154);
        Assert.Equal(20_000, chosen["1.5"] + chosen["1.4"]);
    }

    [Fact]
    public void A_key_keeps_its_share_and_a_share_that_grows_keeps_its_keys()
    {
        ServiceInstance[] instances = [One("old", version: "1.4"), One("new", version: "1.5")];
        var small = Plan(Rules(("1.5", 1_000), ("1.4", 9_000))).Over(instances);
        var large = Plan(Rules(("1.5", 3_000), ("1.4", 7_000))).Over(instances);

        Assert.All(Enumerable.Range(0, 2_000).Select(i => $"user-{i}"), key =>
        {
            Assert.Equal(small.Choose(key)!.Value.Share, small.Choose(key)!.Value.Share);
            if (small.Choose(key)!.Value.Share == "1.5")
                Assert.Equal("1.5", large.Choose(key)!.Value.Share);
        });
    }

    [Fact]
    public void The_first_in_one_services_split_are_not_the_first_in_every_services()
    {
        ServiceInstance[] shop = [One("old", version: "1"), One("new", version: "2")];
        ServiceInstance[] billing = [.. shop.Select(instance => instance with { Service = "billing" })];
        var rules = Rules(("2", 1_000), ("1", 9_000));
        var (first, second) = (Plan(rules).Over(shop), new RoutePlan("billing", rules, CallerPlace.Unknown).Over(billing));

        var both = Enumerable.Range(0, 10_000).Count(i => first.Choose($"{i}")!.Value.Share == "2" && second.Choose($"{i}")!.Value.Share == "2");

        Assert.InRange(both, 50, 150);
    }

    [Fact]
    public void Callers_of_a_share_without_an_instance_go_to_the_others_or_fail()
    {
        ServiceInstance[] instances = [One("old", version: "1"), One("dead", version: "2", state: InstanceState.Critical)];
        var rules = Rules(("2", 5_000), ("1", 5_000));

        Assert.All(Keys, key => Assert.Equal("1", Plan(rules).Over(instances).Choose(key)!.Value.Share));
        var strict = Plan(rules with { FailsWhenEmpty = true }).Over(instances);
        Assert.InRange(Keys.Count(key => strict.Choose(key) is null), 300, 700);
    }

    [Fact]
    public void A_hash_is_the_same_in_every_process() =>
        // Computed by a second implementation, of a few lines in another language.
        Assert.Equal(0x481e57e9fb663e16UL, RouteTable.Hash("user-1", RouteTable.Hash("shop", 0)));

    [Fact]
    public void The_own_zone_comes_first_and_spills_in_proportion_to_what_it_lost()
    {
        var rules = new RouteRules { Failover = [new(FailoverKind.OwnZone), new(FailoverKind.OwnRegion), FailoverStep.Any] };
        ServiceInstance[] World(int alive) =>
        [
            .. Enumerable.Range(0, 10).Select(i => One($"here-{i}", zone: "eu-1", region: "eu", state: i < alive ? InstanceState.Passing : InstanceState.Critical)),
            One("near", zone: "eu-2", region: "eu"), One("far", zone: "us-1", region: "us"),
        ];

        Assert.Equal([("own-zone", 10_000), ("own-region", 0), ("any", 0)], Loads(rules, World(10)));
        Assert.Equal([("own-zone", 10_000), ("own-region", 0), ("any", 0)], Loads(rules, World(7)));
        Assert.Equal([("own-zone", 5_000), ("own-region", 5_000), ("any", 0)], Loads(rules with { FailoverBelow = 100 }, World(5)));
        Assert.Equal([("own-region", 10_000), ("any", 0)], Loads(rules, World(0)));
    }

    [Fact]
    public void When_no_step_is_whole_all_take_more_in_proportion()
    {
        var rules = new RouteRules { Failover = [new(FailoverKind.Zone, "a"), new(FailoverKind.Zone, "b")], FailoverBelow = 100 };
        ServiceInstance[] world = [One("a1", zone: "a"), .. Dead("a", 3), One("b1", zone: "b"), .. Dead("b", 3)];

        // A quarter of each serves: together half of everybody, so each takes half of the calls.
        Assert.Equal([("zone:a", 5_000), ("zone:b", 5_000)], Loads(rules, world));
    }

    [Fact]
    public void Steps_that_name_nobody_end_the_order()
    {
        var rules = new RouteRules { Failover = [new(FailoverKind.Region, "eu")] };
        var table = Plan(rules).Over([One("far", region: "us")]);

        Assert.Null(table.Choose(null));
        Assert.Equal("The routing of shop gives this caller none of the 1 instances that serve.", table.WhyEmpty);
    }

    [Fact]
    public void A_zone_in_maintenance_gets_nothing_and_its_callers_go_on()
    {
        var rules = new RouteRules { Failover = [new(FailoverKind.OwnZone), FailoverStep.Any], Maintenance = new Dictionary<string, string> { ["eu-1"] = "new switches" } };
        ServiceInstance[] world = [One("here", zone: "eu-1"), One("there", zone: "eu-2")];

        Assert.Equal([("any", 10_000)], Loads(rules, world));
        Assert.Equal("there", Assert.Single(Plan(rules).Over(world).Choose("x")!.Value.Group.Instances).Id);
        Assert.Equal(
            "None of the 1 instances of shop may be called. Its routing has these zones in maintenance: eu-1.",
            Plan(rules).Over([One("here", zone: "eu-1")]).WhyEmpty);
    }

    [Fact]
    public void In_panic_the_critical_ones_count_as_well()
    {
        ServiceInstance[] world = [One("a"), One("b", state: InstanceState.Critical)];
        var view = new ServiceView(world, [new("shop", 2, 1, 0, Panic: true, 60, [])], 1);

        Assert.Equal(2, Plan(RouteRules.None).Over(view).Instances.Count());
    }

    [Fact]
    public void Capacity_is_weight()
    {
        var rules = new RouteRules { Failover = [new(FailoverKind.Zone, "a"), FailoverStep.Any], FailoverBelow = 100 };

        Assert.Equal([("zone:a", 9_000), ("any", 1_000)], Loads(rules, [One("large", zone: "a", weight: 900), One("small", zone: "a", state: InstanceState.Critical), One("b", zone: "b")]));
    }

    private static IEnumerable<string> Keys => Enumerable.Range(0, 1_000).Select(i => $"user-{i}");

    private static IEnumerable<ServiceInstance> Dead(string zone, int count) => Enumerable.Range(0, count).Select(i => One($"{zone}-dead-{i}", zone: zone, state: InstanceState.Critical));

    private static IEnumerable<(string, int)> Loads(RouteRules rules, ServiceInstance[] instances) =>
        Assert.Single(Plan(rules).Over(instances).Shares).Groups.Select(group => (group.Step.ToString(), group.Load));

    private static RoutePlan Plan(RouteRules rules) => new("shop", rules, new("eu-1", "eu"));

    private static RouteRules Rules(params (string Version, int Points)[] shares) =>
        new() { Split = [.. shares.Select(share => new RouteShare { Name = share.Version, Version = share.Version, BasisPoints = share.Points })] };

    internal static ServiceInstance One(
        string id, string zone = "", string region = "", string version = "", int weight = 100, InstanceState state = InstanceState.Passing) => new()
        {
            Service = "shop",
            Id = id,
            Generation = 1,
            Endpoints = [new("http", "10.0.0.1", 80)],
            Zone = zone,
            Region = region,
            Version = version,
            Weight = weight,
            Tags = [],
            Metadata = new Dictionary<string, string>(),
            State = state,
            Reason = "",
            Persistent = false,
            Held = false,
            Revision = 1,
            Registered = default,
            StateSince = default,
        };
}
