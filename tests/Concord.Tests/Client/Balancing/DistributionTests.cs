using Concord.Client.Balancing;
using CsCheck;

namespace Concord.Tests.Client.Balancing;

/// <summary>Who gets how much.</summary>
public sealed class DistributionTests
{
    private static readonly Gen<int[]> Weights = Gen.Int[1, 1000].Array[1, 12];

    [Fact]
    public void Round_robin_gives_everybody_the_same_whatever_the_weights()
    {
        var counts = BalancingPolicies.RoundRobin(1).Build(Fleet.Weighted(1, 100, 10_000), null).Count(3000);

        Assert.All(counts.Values, count => Assert.InRange(count, 999, 1001));
        Assert.Equal(3, counts.Count);
    }

    [Fact]
    public void Turns_by_weight_are_interleaved_not_bunched()
    {
        var selector = BalancingPolicies.Weighted(1).Build(Fleet.Weighted(200, 100), null);
        var order = string.Concat(Enumerable.Range(0, 3000).Select(_ => selector.Select(default).Instance.Id[^1]));

        Assert.DoesNotContain("11", order, StringComparison.Ordinal);
        Assert.DoesNotContain("000", order, StringComparison.Ordinal);
    }

    /// <summary>In each stretch of any length an entry is at most one turn from its share, give or take one for each that is looked at.</summary>
    [Fact]
    public void Turns_by_weight_follow_the_weights_exactly() => Weights.Sample(weights =>
    {
        var picks = 200 * weights.Length;
        var counts = BalancingPolicies.Weighted(1).Build(Fleet.Weighted(weights), null).Count(picks);
        for (var i = 0; i < weights.Length; i++)
        {
            var expected = (double)picks * weights[i] / weights.Sum();
            Assert.InRange(counts.GetValueOrDefault($"i{i:d3}"), expected - 3 - (0.01 * expected), expected + 3 + (0.01 * expected));
        }
    }, iter: 200);

    /// <summary>While nothing is under way the draw decides, so the weights hold there too: within five standard deviations.</summary>
    [Theory]
    [InlineData("least_requests")]
    public void Policies_that_look_at_load_follow_the_weights_while_there_is_none(string policy) => Gen.Int[1, 20].Array[3, 8].Sample(weights =>
    {
        const int picks = 20_000;
        var counts = BalancingPolicies.Parse(policy, 7).Build(Fleet.Weighted(weights), null).Count(picks);
        for (var i = 0; i < weights.Length; i++)
        {
            var share = (double)weights[i] / weights.Sum();
            var slack = 5 * Math.Sqrt(picks * share * (1 - share));
            Assert.InRange(counts.GetValueOrDefault($"i{i:d3}"), (picks * share) - slack, (picks * share) + slack);
        }
    }, iter: 50);

    [Theory]
    [InlineData("ring_hash", 0.35)]
    [InlineData("maglev", 0.02)]
    public void Hashing_gives_keys_by_weight(string policy, double tolerance)
    {
        int[] weights = [50, 100, 100, 150, 200, 100, 100, 100];
        var selector = BalancingPolicies.Parse(policy, 1).Build(Fleet.Weighted(weights), null);
        const int keys = 200_000;
        var counts = Enumerable.Range(0, keys).CountBy(selector.Owner).ToDictionary();
        for (var i = 0; i < weights.Length; i++)
        {
            var expected = (double)keys * weights[i] / weights.Sum();
            Assert.InRange(counts[$"i{i:d3}"], expected * (1 - tolerance), expected * (1 + tolerance));
        }
    }

    [Fact]
    public void Of_two_the_one_with_fewer_calls_for_its_weight_is_taken()
    {
        var endpoints = Fleet.Weighted(300, 100);
        var selector = BalancingPolicies.LeastRequests(1).Build(endpoints, null);
        for (var i = 0; i < 4000; i++)
            selector.Select(default).Enter();

        // As many for each unit of weight, in all: 3000 and 1000.
        Assert.InRange(endpoints[0].Endpoint.Active, 2990, 3010);
    }

    /// <summary>The power of two choices: of 10,000 balls in 100 bins the fullest has some two more than the mean, and some thirty more by chance.</summary>
    [Fact]
    public void Two_choices_keep_the_longest_queue_short()
    {
        var endpoints = Fleet.Weighted([.. Enumerable.Repeat(100, 100)]);
        var selector = BalancingPolicies.LeastRequests(3).Build(endpoints, null);
        for (var i = 0; i < 10_000; i++)
            selector.Select(default).Enter();

        Assert.InRange(endpoints.Max(one => one.Endpoint.Active), 100, 105);
    }

    [Fact]
    public void Peak_ewma_prefers_the_one_that_answers_sooner_and_forgets()
    {
        var endpoints = Fleet.Weighted(100, 100);
        var policy = BalancingPolicies.PeakEwma(TimeSpan.FromSeconds(10), 1);
        var selector = policy.Build(endpoints, null);
        var at = TimeSpan.FromSeconds(1);
        policy.Completed(endpoints[0].Endpoint, TimeSpan.FromMilliseconds(10), CallOutcome.Success, at);
        policy.Completed(endpoints[1].Endpoint, TimeSpan.FromMilliseconds(50), CallOutcome.Success, at);

        Assert.Equal(100, Enumerable.Range(0, 100).Count(_ => selector.Select(new() { Now = at }) == endpoints[0].Endpoint));

        // Its five times is forgotten after ln 5 = 1.6 decay times without a call, while the first one goes on to answer in 10 ms.
        for (var second = 2; second < 19; second++)
            policy.Completed(endpoints[0].Endpoint, TimeSpan.FromMilliseconds(10), CallOutcome.Success, TimeSpan.FromSeconds(second));
        Assert.Same(endpoints[1].Endpoint, selector.Select(new() { Now = TimeSpan.FromSeconds(18.5) }));
    }

    [Fact]
    public void A_slow_answer_counts_at_once_and_quick_ones_bring_it_down_by_and_by()
    {
        var endpoint = Fleet.Weighted(100)[0].Endpoint;
        var decay = TimeSpan.FromSeconds(10);
        for (var i = 0; i < 100; i++)
            endpoint.Learn(TimeSpan.FromMilliseconds(10), CallOutcome.Success, TimeSpan.FromMilliseconds(100 * i), decay);
        endpoint.Learn(TimeSpan.FromMilliseconds(500), CallOutcome.Success, TimeSpan.FromSeconds(10), decay);
        Assert.Equal(0.5, endpoint.LatencySeconds(TimeSpan.FromSeconds(10), decay), 3);

        for (var i = 1; i <= 100; i++)
            endpoint.Learn(TimeSpan.FromMilliseconds(10), CallOutcome.Success, TimeSpan.FromSeconds(10) + TimeSpan.FromMilliseconds(100 * i), decay);
        // After one decay time: 10 ms + 490 ms / e.
        Assert.InRange(endpoint.LatencySeconds(TimeSpan.FromSeconds(20), decay), 0.18, 0.2);
    }

    /// <summary>An instance that fails has no calls under way and the best latency; it must not draw the others' calls.</summary>
    [Theory]
    [InlineData("least_requests")]
    [InlineData("peak_ewma")]
    public void One_that_fails_quickly_does_not_attract_calls(string name)
    {
        var endpoints = Fleet.Weighted(100, 100, 100, 100);
        var policy = BalancingPolicies.Parse(name, 1);
        var selector = policy.Build(endpoints, null);
        var now = TimeSpan.Zero;
        var toBad = 0;
        for (var i = 0; i < 2000; i++)
        {
            now += TimeSpan.FromMilliseconds(10);
            var chosen = selector.Select(new() { Now = now });
            var bad = chosen == endpoints[0].Endpoint;
            toBad += bad ? 1 : 0;
            policy.Completed(chosen, TimeSpan.FromMilliseconds(bad ? 1 : 20), bad ? CallOutcome.Failure : CallOutcome.Success, now);
        }

        Assert.InRange(toBad, 1, 200);
    }

    [Fact]
    public void Failures_show_after_two_calls_and_are_forgotten_by_calls_and_by_time()
    {
        var endpoint = Fleet.Weighted(100)[0].Endpoint;
        var (now, decay) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        double Rate(double seconds = 1) => Math.Round(endpoint.FailureRate(TimeSpan.FromSeconds(seconds), decay), 2);
        endpoint.Learn(TimeSpan.FromMilliseconds(1), CallOutcome.Failure, now, decay);
        Assert.Equal(0.2, Rate());
        endpoint.Learn(TimeSpan.FromMilliseconds(1), CallOutcome.Failure, now, decay);
        Assert.Equal(0.36, Rate());
        Assert.Equal(0.13, Rate(11));
        for (var i = 0; i < 5; i++)
            endpoint.Learn(TimeSpan.FromMilliseconds(1), CallOutcome.Success, now, decay);
        Assert.Equal(0.12, Rate());
    }

    /// <summary>Failures answer quickly, so they must not count as latencies, and must not let the latency fade either.</summary>
    [Fact]
    public void Failures_keep_the_latency_that_is_known()
    {
        var endpoint = Fleet.Weighted(100)[0].Endpoint;
        var decay = TimeSpan.FromSeconds(10);
        endpoint.Learn(TimeSpan.FromMilliseconds(100), CallOutcome.Success, TimeSpan.Zero, decay);
        for (var i = 1; i <= 300; i++)
            endpoint.Learn(TimeSpan.FromMilliseconds(1), CallOutcome.Failure, TimeSpan.FromMilliseconds(100 * i), decay);

        Assert.InRange(endpoint.LatencySeconds(TimeSpan.FromSeconds(30), decay), 0.09, 0.1);
    }

    [Fact]
    public void One_seed_is_one_order()
    {
        foreach (var name in BalancingPolicies.Names)
        {
            var orders = new[] { 5UL, 5UL, 6UL, 7UL, 8UL }.Select(seed =>
            {
                var selector = BalancingPolicies.Parse(name, seed).Build(Fleet.Weighted(100, 200, 300, 100, 100), null);
                return string.Concat(Enumerable.Range(0, 200).Select(_ => selector.Select(default).Instance.Id[^1]));
            }).ToList();
            Assert.Equal(orders[0], orders[1]);
            Assert.True(orders.Distinct().Count() > 1, name);
        }
    }

    [Fact]
    public void Endpoints_that_a_call_avoids_are_taken_only_if_there_is_no_other() => Weights.Sample(weights =>
    {
        var endpoints = Fleet.Weighted(weights);
        foreach (var name in BalancingPolicies.Names)
        {
            foreach (var policy in new[] { BalancingPolicies.Parse(name, 1), BalancingPolicies.Subset("me", 5, BalancingPolicies.Parse(name, 1)) })
            {
                var selector = policy.Build(endpoints, null);
                var avoided = new List<PoolEndpoint>();
                var reach = name.Length > 0 && policy.Name.StartsWith("subset", StringComparison.Ordinal) ? Math.Min(5, endpoints.Count) : endpoints.Count;
                for (var i = 0; i < reach; i++)
                {
                    var next = selector.Select(new() { Avoid = avoided, Key = 17 });
                    Assert.DoesNotContain(next, avoided);
                    avoided.Add(next);
                }

                Assert.Contains(selector.Select(new() { Avoid = avoided, Key = 17 }), avoided);
            }
        }
    }, iter: 50);

    [Fact]
    public void An_unknown_policy_is_refused_with_those_that_are_known()
    {
        var error = Assert.Throws<FormatException>(() => BalancingPolicies.Parse("random"));
        Assert.Contains("peak_ewma", error.Message, StringComparison.Ordinal);
    }
}
