using System.Net;
using Concord.Client;
using Concord.Routing;
using Concord.Tests.Client;
using Concord.Tests.Configs.Rest;

namespace Concord.Tests.Routing;

/// <summary>Routing as ordinary configuration: refused where it is written, followed where it counts. Services of their own.</summary>
public sealed class RoutingServerTests(RestServer server) : IClassFixture<RestServer>
{
    [Fact]
    public async Task A_misspelt_field_is_refused_when_it_is_put_with_its_line_and_remedy()
    {
        var problem = await server.RefusedAsync(
            HttpStatusCode.BadRequest, "malformed_document", HttpMethod.Put, "/v1/apps/routing/prod/configurations/misspelt/draft?format=yaml",
            "split:\n  - version: \"1\"\n    percnt: 90\n  - percent: 10\n", "text/plain");

        Assert.Contains("'split:0:percnt'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("percent", problem.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, problem.GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task Percentages_are_added_up_over_all_layers_when_they_are_published()
    {
        await server.OkAsync(HttpMethod.Put, "/v1/apps/routing/sum/configurations/sums/draft?format=properties", "split.0.version=1\nsplit.0.percent=90\nsplit.1.percent=5\n", "text/plain");
        var problem = await server.RefusedAsync(
            HttpStatusCode.BadRequest, "malformed_document", HttpMethod.Post, "/v1/releases", """{"targets": [{"application": "routing", "environment": "sum"}], "message": "x"}""");

        Assert.Contains("add up to 95", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_are_followed_from_nothing_over_all_services_to_the_services_own()
    {
        await using var client = new ConcordClient(server.Url.ToString());
        await using var follower = client.FollowRouting("followed", "live");
        await follower.FirstAttempt.WaitAsync(Wait.Bound);
        Assert.Empty(follower.Current.Split);
        Assert.Empty(follower.Current.Failover);
        Assert.True(follower.State.Connected, follower.State.LastError);
        var changes = new Signal<RouteRules>();
        follower.Changed += changes.Add;

        await server.ReleaseAsync("routing/live", "yaml", "failover: [own-zone, any]\nmaintenance:\n  eu-3: new switches\n");
        Assert.Equal("own-zone, any", string.Join(", ", (await changes.NextAsync()).Failover));

        await server.ReleaseAsync("routing/live/followed", "yaml", "split:\n  - version: \"2\"\n    percent: 10\n  - percent: 90\nmaintenance:\n  eu-3:\n");
        var rules = await changes.NextAsync();
        Assert.Equal([1_000, 9_000], rules.Split.Select(share => share.BasisPoints));
        Assert.Equal(2, rules.Failover.Count);
        Assert.Empty(rules.Maintenance);
    }

    /// <summary>A gateway before a hundred services, say: one stream has room for 64.</summary>
    [Fact]
    public async Task A_client_follows_the_routing_of_more_services_than_one_stream_holds()
    {
        await using var client = new ConcordClient(server.Url.ToString());
        var followers = Enumerable.Range(0, 70).Select(i => client.FollowRouting($"many-{i}", "live")).ToList();
        await Task.WhenAll(followers.Select(one => one.FirstAttempt)).WaitAsync(Wait.Bound);

        Assert.All(followers, one => Assert.True(one.State is { Connected: true, Refusal: null }, $"{one.Service}: {one.State.LastError}"));
    }

    [Fact]
    public async Task The_last_good_rules_are_there_at_once_when_no_server_is()
    {
        var cache = Directory.CreateTempSubdirectory("concord-rules-");
        try
        {
            await server.ReleaseAsync("routing/kept/kept", "yaml", "maintenance: { eu-3: new switches }");
            await using (var client = new ConcordClient(server.Url.ToString()))
            {
                await using var follower = client.FollowRouting("kept", "kept", cacheDirectory: cache.FullName);
                await follower.Ready.WaitAsync(Wait.Bound);
                Assert.Equal("eu-3", Assert.Single(follower.Current.Maintenance).Key);
            }

            await using var alone = new ConcordClient(TestClients.Dead().ToString());
            await using var kept = alone.FollowRouting("kept", "kept", cacheDirectory: cache.FullName);
            Assert.True(kept.Ready.IsCompletedSuccessfully);
            Assert.Equal("eu-3", Assert.Single(kept.Current.Maintenance).Key);
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_gateways_routes_are_judged_and_its_other_settings_are_not()
    {
        await server.ReleaseAsync("gateway/judged", "yaml", "Logging:\n  LogLevel:\n    Default: Debug\nroutes:\n  shop:\n    service: shop\n    match: { path: \"/shop/{**rest}\" }\n");
        var problem = await server.RefusedAsync(
            HttpStatusCode.BadRequest, "malformed_document", HttpMethod.Put, "/v1/apps/gateway/judged/configurations/application/draft?format=yaml",
            "routes:\n  shop:\n    service: shop\n    match: { path: shop }\n", "text/plain");

        Assert.Contains("'routes:shop:match:path' is 'shop'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
