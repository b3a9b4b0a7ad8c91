using Concord.Client.Balancing;
using Concord.Client.Balancing.Routing;
using Concord.Client.Registry;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Client.Balancing;

/// <summary>A pool as one caller uses it, in a time that the test moves.</summary>
public sealed class EndpointPoolTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<EndpointPool> _pools = [];

    public void Dispose() => _pools.ForEach(pool => pool.Dispose());

    [Fact]
    public void Before_the_first_view_and_without_instances_nobody_may_be_called()
    {
        var pool = Pool();
        Assert.False(pool.TryPick(default, out _));
        Assert.False(pool.Filled.IsCompleted);

        pool.Update(Fleet.View());
        Assert.True(pool.Filled.IsCompleted);
        Assert.False(pool.TryPick(default, out _));
    }

    [Theory]
    [InlineData(InstanceState.Starting, false)]
    [InlineData(InstanceState.Passing, true)]
    [InlineData(InstanceState.Warning, true)]
    [InlineData(InstanceState.Critical, false)]
    [InlineData(InstanceState.Draining, false)]
    [InlineData(InstanceState.Maintenance, false)]
    public void States_decide_who_is_called(InstanceState state, bool isCalled)
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instance("a", state: state), Fleet.Instance("b"), Fleet.Instance("c")));

        Assert.Equal(isCalled, pool.Count(100).ContainsKey("a"));
    }

    [Fact]
    public void Weight_zero_takes_no_calls_and_other_schemes_are_left_out()
    {
        var pool = Pool(options => options with { Schemes = ["https", "http"] });
        pool.Update(Fleet.View(
            Fleet.Instance("none", weight: 0),
            Fleet.Instance("other", endpoints: [new("tcp", "other", 1)]),
            Fleet.Instance("both", endpoints: [new("http", "both", 80), new("https", "both", 443, "tls")])));

        Assert.Equal(["both"], pool.Count(20).Keys);
        Assert.Equal("https://both/", pool.Endpoints[0].Uri.ToString());
    }

    [Fact]
    public void An_endpoint_is_called_by_its_name()
    {
        var pool = Pool(options => options with { EndpointName = "metrics" });
        pool.Update(Fleet.View(Fleet.Instance("a", endpoints: [new("http", "a", 80), new("http", "a", 9090, "metrics")]), Fleet.Instance("b")));

        Assert.Equal(9090, Assert.Single(pool.Endpoints).Uri.Port);
    }

    /// <summary>The server's threshold, from the service's summary: below 30 % all are used, but never those that must not be called.</summary>
    [Fact]
    public void When_too_few_are_healthy_all_are_called_but_those_in_maintenance()
    {
        var pool = Pool();
        var critical = Fleet.Instances(8).Select(one => one with { State = InstanceState.Critical });
        pool.Update(Fleet.View([.. critical, Fleet.Instance("well"), Fleet.Instance("well2"), Fleet.Instance("out", state: InstanceState.Maintenance)]));
        Assert.True(pool.GetStatus().IsPanic);
        Assert.Equal(10, pool.Count(200).Count);

        pool.Update(Fleet.View([.. critical.Take(4), Fleet.Instance("well"), Fleet.Instance("well2")]));
        Assert.False(pool.GetStatus().IsPanic);
        Assert.Equal(2, pool.Count(200).Count);
    }

    [Fact]
    public void Without_a_threshold_nobody_is_called_when_all_are_critical()
    {
        var pool = Pool(options => options with { PanicPercent = 0 });
        pool.Update(Fleet.View(Fleet.Instance("a", state: InstanceState.Critical)));

        Assert.False(pool.TryPick(default, out _));
    }

    [Fact]
    public void Failures_in_a_row_eject_and_time_brings_back_longer_each_time()
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instances(4)));
        for (var i = 0; i < 4; i++)
            pool.Fail("i000");
        Assert.True(pool.Count(100).ContainsKey("i000"));

        // Its success in between began the row anew.
        for (var i = 0; i < 5; i++)
            pool.Fail("i000");
        Assert.False(pool.Count(100).ContainsKey("i000"));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(pool.Count(100).ContainsKey("i000"));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(pool.Count(1000).ContainsKey("i000"));

        // Forgiven by one for each of the intervals that it was well, so at once it counts as the second in a row.
        for (var i = 0; i < 5; i++)
            pool.Fail("i000");
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.False(pool.Count(100).ContainsKey("i000"));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(pool.Count(1000).ContainsKey("i000"));
    }

    [Fact]
    public void Three_times_nobody_there_is_enough()
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instances(3)));
        for (var i = 0; i < 3; i++)
            pool.Fail("i001", CallOutcome.ConnectionFailure);

        Assert.False(pool.Count(100).ContainsKey("i001"));
    }

    [Fact]
    public void Calls_that_were_given_up_count_when_they_had_lasted()
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instances(3)));
        for (var i = 0; i < 10; i++)
            pool.Fail("i001", CallOutcome.Abandoned, () => _time.Advance(TimeSpan.FromMilliseconds(500)));
        Assert.True(pool.Count(100).ContainsKey("i001"));

        for (var i = 0; i < 5; i++)
            pool.Fail("i002", CallOutcome.Abandoned, () => _time.Advance(TimeSpan.FromSeconds(3)));
        Assert.False(pool.Count(100).ContainsKey("i002"));
    }

    [Fact]
    public void At_most_half_are_ejected_and_one_alone_never()
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instances(4)));
        foreach (var id in new[] { "i000", "i001", "i002" })
        {
            for (var i = 0; i < 5; i++)
                pool.Fail(id);
        }

        Assert.Equal(2, pool.GetStatus().Endpoints.Count(one => one.IsEjected));

        var alone = Pool();
        alone.Update(Fleet.View(Fleet.Instance("only")));
        for (var i = 0; i < 20; i++)
            alone.Fail("only");
        Assert.False(alone.GetStatus().Endpoints[0].IsEjected);
    }

    /// <summary>One that fails every third call never fails five times in a row; its success rate gives it away.</summary>
    [Fact]
    public void A_success_rate_far_below_the_others_ejects()
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instances(6)));
        var turns = 0;
        for (var i = 0; i < 1200; i++)
        {
            Assert.True(pool.TryPick(default, out var pick));
            pick.Complete(pick.Endpoint.Instance.Id == "i003" && ++turns % 3 == 0 ? CallOutcome.Failure : CallOutcome.Success);
        }

        Assert.DoesNotContain(pool.GetStatus().Endpoints, one => one.IsEjected);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("i003", Assert.Single(pool.GetStatus().Endpoints, one => one.IsEjected).Id);
    }

    [Fact]
    public void One_failure_among_hundreds_of_calls_is_no_outlier()
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instances(6)));
        pool.Fail("i003");
        pool.Count(1200);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.DoesNotContain(pool.GetStatus().Endpoints, one => one.IsEjected);
    }

    [Fact]
    public void The_registry_that_sees_it_well_again_ends_an_ejection()
    {
        var pool = Pool();
        var instances = Fleet.Instances(3);
        pool.Update(Fleet.View(instances));
        for (var i = 0; i < 5; i++)
            pool.Fail("i000");
        pool.Update(Fleet.View([instances[0] with { State = InstanceState.Critical }, .. instances[1..]]));
        pool.Update(Fleet.View(instances));

        Assert.True(pool.Count(1000).ContainsKey("i000"));
    }

    [Fact]
    public void A_new_instance_gets_its_share_by_and_by()
    {
        var pool = Pool(options => options with { SlowStart = new() { Window = TimeSpan.FromSeconds(10) } });
        pool.Update(Fleet.View(Fleet.Instances(2)));
        Assert.Equal(100, pool.Count(200)["i000"]);

        pool.Update(Fleet.View(Fleet.Instances(3)));
        Assert.InRange(pool.Count(2100)["i002"], 90, 110);
        for (var i = 0; i < 5; i++)
            _time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(pool.Count(2500)["i002"], 490, 510);
        for (var i = 0; i < 6; i++)
            _time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(pool.Count(3000)["i002"], 998, 1002);
    }

    [Fact]
    public void The_process_that_replaces_another_is_judged_anew_and_one_that_changes_is_not()
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instances(2)));
        var before = pool.Endpoints[0];
        pool.Update(Fleet.View([Fleet.Instance("i000", weight: 50, state: InstanceState.Warning), Fleet.Instance("i001")]));
        Assert.Same(before, pool.Endpoints[0]);
        Assert.Equal(50, before.Instance.Weight);

        pool.Update(Fleet.View([Fleet.Instance("i000", generation: 2), Fleet.Instance("i001")]));
        Assert.NotSame(before, pool.Endpoints[0]);
    }

    [Fact]
    public void A_list_that_is_empty_from_one_moment_to_the_next_is_believed_after_a_while()
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instances(2)));
        pool.Update(Fleet.View());
        Assert.Equal(2, pool.Count(10).Count);
        Assert.True(pool.GetStatus().IsEmptyHeld);

        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.False(pool.TryPick(default, out _));

        pool.Update(Fleet.View(Fleet.Instances(2)));
        pool.Update(Fleet.View());
        pool.Update(Fleet.View(Fleet.Instances(3)));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(3, pool.Count(1000).Count);
    }

    [Fact]
    public void Instances_that_drained_are_not_missed()
    {
        var pool = Pool();
        pool.Update(Fleet.View(Fleet.Instances(2)));
        pool.Update(Fleet.View(Fleet.Instances(2).Select(one => one with { State = InstanceState.Draining })));
        pool.Update(Fleet.View());

        Assert.False(pool.TryPick(default, out _));
        Assert.False(pool.GetStatus().IsEmptyHeld);
    }

    [Fact]
    public void Whoever_follows_is_told_when_others_may_be_called()
    {
        var pool = Pool();
        var told = new List<string>();
        pool.Changed += () => throw new InvalidOperationException("a listener that fails");
        pool.Changed += () => told.Add(string.Join(' ', pool.Callable.Select(one => one.Instance.Id)));
        pool.Update(Fleet.View(Fleet.Instances(3)));
        pool.Update(Fleet.View(Fleet.Instances(3)));
        for (var i = 0; i < 5; i++)
            pool.Fail("i000");
        _time.Advance(TimeSpan.FromSeconds(31));
        pool.Update(Fleet.View(Fleet.Instances(2)));

        Assert.Equal(["i000 i001 i002", "i001 i002", "i000 i001 i002", "i000 i001"], told);
    }

    [Fact]
    public void A_zone_that_goes_dark_is_ejected_and_the_others_take_over()
    {
        var pool = Pool(options => options with { Zone = "a", Policy = null });
        pool.Update(Fleet.View([
            .. Enumerable.Range(0, 3).Select(i => Fleet.Instance($"a{i}", zone: "a")),
            .. Enumerable.Range(0, 3).Select(i => Fleet.Instance($"b{i}", zone: "b")),
            .. Enumerable.Range(0, 3).Select(i => Fleet.Instance($"c{i}", zone: "c"))]));
        Assert.All(pool.Count(100).Keys, id => Assert.StartsWith("a", id, StringComparison.Ordinal));

        var failed = 0;
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(pool.TryPick(default, out var pick));
            var dark = pick.Endpoint.Instance.Zone == "a";
            failed += dark ? 1 : 0;
            pick.Complete(dark ? CallOutcome.ConnectionFailure : CallOutcome.Success);
        }

        // Three connection failures for each of three.
        Assert.Equal(9, failed);
    }

    [Fact]
    public void A_route_splits_ranks_and_weighs()
    {
        var routing = new Route(view => new RoutingPlan([
            new("stable", 90, [RoutingTier.Of(view.Instances.Where(one => one.Version == "1"))]),
            new("canary", 10, [RoutingTier.Of(view.Instances.Where(one => one.Version == "2"))]),
            new("dark", 0, [RoutingTier.Of(view.Instances.Where(one => one.Version == "3"))])]));
        var pool = Pool(options => options with { Routing = routing });
        pool.Update(Fleet.View([Fleet.Instance("a", version: "1"), Fleet.Instance("b", version: "1"), Fleet.Instance("c", version: "2"), Fleet.Instance("d", version: "3")]));

        var counts = pool.Count(10_000);
        Assert.InRange(counts["c"], 850, 1150);
        Assert.False(counts.ContainsKey("d"));
        Assert.Equal(["d"], pool.Count(10, new() { Split = "dark" }).Keys);
        Assert.Equal(["c"], pool.Count(10, new() { Split = "canary" }).Keys);

        // The canary's only instance is critical: its share goes to the others, not to it.
        pool.Update(Fleet.View([Fleet.Instance("a", version: "1"), Fleet.Instance("c", version: "2", state: InstanceState.Critical)]));
        Assert.Equal(["a"], pool.Count(100).Keys);
    }

    [Fact]
    public void A_key_stays_with_one_split()
    {
        var routing = new Route(view => new RoutingPlan([
            new("a", 1, [RoutingTier.Of(view.Instances.Take(5))]), new("b", 1, [RoutingTier.Of(view.Instances.Skip(5))])]));
        var pool = Pool(options => options with { Routing = routing, Policy = BalancingPolicies.Maglev(1) });
        pool.Update(Fleet.View(Fleet.Instances(10)));

        Assert.All(Enumerable.Range(0, 100), key => Assert.Single(pool.Count(5, SelectionContext.ForKey($"{key}"))));
        Assert.True(Enumerable.Range(0, 100).SelectMany(key => pool.Count(1, SelectionContext.ForKey($"{key}")).Keys).Distinct().Count() > 7);
    }

    [Fact]
    public void A_lower_tier_gets_what_the_upper_one_cannot_carry()
    {
        var routing = new Route(view => RoutingPlan.Of([
            RoutingTier.Of(view.Instances.Where(one => one.Zone == "near")), RoutingTier.Of(view.Instances.Where(one => one.Zone == "far"))]));
        var pool = Pool(options => options with { Routing = routing });
        ServiceInstance Near(int i, InstanceState state) => Fleet.Instance($"near{i}", zone: "near", state: state);
        void Update(int healthy) => pool.Update(Fleet.View([
            .. Enumerable.Range(0, 10).Select(i => Near(i, i < healthy ? InstanceState.Passing : InstanceState.Critical)),
            .. Enumerable.Range(0, 10).Select(i => Fleet.Instance($"far{i}", zone: "far"))]));
        double Far() => pool.Count(10_000).Where(one => one.Key.StartsWith("far", StringComparison.Ordinal)).Sum(one => one.Value) / 10_000.0;

        Update(10);
        Assert.Equal(0, Far());
        Update(8);
        Assert.Equal(0, Far());
        Update(5);
        Assert.InRange(Far(), 0.28, 0.32);
        // None near, and no panic: the far ones can carry everything.
        Update(0);
        Assert.Equal(1, Far());
        Assert.False(pool.GetStatus().IsPanic);
    }

    [Fact]
    public void A_call_that_tried_a_whole_tier_gets_the_next()
    {
        var routing = new Route(view => RoutingPlan.Of([RoutingTier.Of(view.Instances.Take(1)), RoutingTier.Of(view.Instances.Skip(1))]));
        var pool = Pool(options => options with { Routing = routing });
        pool.Update(Fleet.View(Fleet.Instances(2)));
        Assert.True(pool.TryPick(default, out var first));
        Assert.True(pool.TryPick(new() { Avoid = [first.Endpoint] }, out var second));

        Assert.Equal(("i000", "i001"), (first.Endpoint.Instance.Id, second.Endpoint.Instance.Id));
    }

    [Fact]
    public void A_route_that_changes_is_asked_again_and_one_that_fails_is_passed_over()
    {
        var only = "i000";
        var routing = new Route(view => only.Length == 0 ? throw new InvalidOperationException("broken") : RoutingPlan.Of(view.Instances.Where(one => one.Id == only)));
        var pool = Pool(options => options with { Routing = routing });
        pool.Update(Fleet.View(Fleet.Instances(3)));
        Assert.Equal(["i000"], pool.Count(10).Keys);

        only = "i002";
        Assert.Equal(["i000"], pool.Count(10).Keys);
        routing.Raise();
        Assert.Equal(["i002"], pool.Count(10).Keys);

        only = "";
        routing.Raise();
        Assert.Equal(3, pool.Count(10).Count);
    }

    [Fact]
    public void Retries_are_a_fifth_of_the_calls_and_a_few()
    {
        var budget = Pool().RetryBudget;
        for (var i = 0; i < 1000; i++)
            budget.Deposit();
        var granted = Enumerable.Range(0, 1000).Count(_ => budget.TryWithdraw());
        Assert.Equal(230, granted);

        // What is past the window is forgotten, on both sides.
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(30, Enumerable.Range(0, 1000).Count(_ => budget.TryWithdraw()));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(budget.TryWithdraw());
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(budget.TryWithdraw());
    }

    [Fact]
    public void Options_that_cannot_work_are_named_all_together()
    {
        var error = Assert.Throws<ArgumentException>(() => new EndpointPool("orders", new()
        {
            PanicPercent = 101,
            SlowStart = new() { MinShare = 0 },
            Outliers = new() { MaxEjectionPercent = -1 },
            RetryBudget = new() { Window = TimeSpan.Zero },
        }));
        Assert.All(["PanicPercent", "MinShare", "MaxEjectionPercent", "Window"], name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    /// <summary>Threads that call while the list changes: nobody is called that never was there, and in the end nothing is under way.</summary>
    [Fact]
    public async Task Calls_and_changes_at_the_same_time()
    {
        foreach (var name in BalancingPolicies.Names)
        {
            var pool = Pool(options => options with { Policy = BalancingPolicies.Parse(name, 1), Zone = "" });
            pool.Update(Fleet.View(Fleet.Instances(10)));
            var seen = new HashSet<PoolEndpoint>();
            var picked = await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
            {
                var mine = new HashSet<PoolEndpoint>();
                for (var i = 0; i < 5_000; i++)
                {
                    if (thread == 0 && i % 100 == 0)
                        pool.Update(Fleet.View(Fleet.Instances(5 + (i / 100 % 10))));
                    Assert.True(pool.TryPick(new() { Key = i % 2 == 0 ? null : (ulong)i }, out var pick));
                    mine.Add(pick.Endpoint);
                    pick.Complete(i % 7 == 0 ? CallOutcome.Failure : CallOutcome.Success);
                }

                return mine;
            })));
            foreach (var mine in picked)
                seen.UnionWith(mine);
            Assert.All(seen, endpoint => Assert.Equal(0, endpoint.Active));
            Assert.True(seen.Count >= 5);
        }
    }

    /// <summary>The way of every call: no garbage.</summary>
    [Fact]
    public void A_pick_allocates_nothing()
    {
        foreach (var name in BalancingPolicies.Names)
        {
            var pool = Pool(options => options with { Policy = BalancingPolicies.ZoneAware("a", BalancingPolicies.Parse(name, 1), seed: 1) });
            pool.Update(Fleet.View(Fleet.Instances(10).Select((one, i) => one with { Zone = i < 3 ? "a" : "b" })));
            Run(1000);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(1000);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000, name);

            void Run(int picks)
            {
                for (var i = 0; i < picks; i++)
                {
                    pool.TryPick(default, out var pick);
                    pick.Complete(CallOutcome.Success);
                }
            }
        }
    }

    private EndpointPool Pool(Func<EndpointPoolOptions, EndpointPoolOptions>? change = null)
    {
        var options = new EndpointPoolOptions
        {
            Policy = BalancingPolicies.RoundRobin(1),
            SlowStart = new() { Window = TimeSpan.Zero },
            TimeProvider = _time,
            Seed = 1,
        };
        _pools.Add(new(Fleet.Service, change?.Invoke(options) ?? options));
        return _pools[^1];
    }

    private sealed class Route(Func<RoutingView, RoutingPlan> route) : IRoutingPolicy
    {
        public event Action? Changed;

        RoutingPlan IRoutingPolicy.Route(RoutingView view) => route(view);

        public void Raise() => Changed?.Invoke();
    }
}
