using System.Net;
using System.Text.Json;
using Concord.Tests.Configs.Rest;

namespace Concord.Tests.Registry;

/// <summary>The REST face of a whole server. Tests use services of their own.</summary>
public sealed class RegistryRestTests(RestServer server) : IClassFixture<RestServer>
{
    private const string Body = """{"endpoints": [{"scheme": "http", "host": "10.0.0.1", "port": 8080}, {"name": "metrics", "scheme": "http", "host": "10.0.0.1", "port": 9090}], "zone": "eu-1", "tags": ["blue"], "ttlSeconds": 60, "metadata": {"git-commit": "abc"}}""";

    [Fact]
    public async Task An_instance_is_registered_found_renewed_and_removed()
    {
        var registered = await server.OkAsync(HttpMethod.Put, "/v1/services/rest-a/instances/one", Body);
        Assert.Equal(60, registered.GetProperty("ttlSeconds").GetInt32());
        var generation = registered.GetProperty("generation").GetInt64();

        var found = await server.OkAsync(HttpMethod.Get, "/v1/services/rest-a/instances?healthy=true&tag=blue");
        var one = Assert.Single(found.GetProperty("instances").EnumerateArray());
        Assert.Equal(("one", "passing", "eu-1"), (one.GetProperty("id").GetString(), one.GetProperty("state").GetString(), one.GetProperty("zone").GetString()));
        Assert.False(found.GetProperty("services")[0].GetProperty("panic").GetBoolean());

        Assert.Equal(60, (await server.OkAsync(HttpMethod.Post, $"/v1/services/rest-a/instances/one/renew?generation={generation}")).GetProperty("ttlSeconds").GetInt32());
        Assert.True((await server.OkAsync(HttpMethod.Put, "/v1/services/rest-a/instances/one/state", """{"state": "draining"}""")).GetProperty("changed").GetBoolean());
        Assert.Equal("draining", (await server.OkAsync(HttpMethod.Get, "/v1/services/rest-a/instances/one")).GetProperty("state").GetString());
        Assert.True((await server.OkAsync(HttpMethod.Delete, $"/v1/services/rest-a/instances/one?generation={generation}")).GetProperty("changed").GetBoolean());
        await server.RefusedAsync(HttpStatusCode.NotFound, "unknown_service", HttpMethod.Get, "/v1/services/rest-a/instances/one");
    }

    [Fact]
    public async Task An_answer_waits_for_the_next_change()
    {
        await server.OkAsync(HttpMethod.Put, "/v1/services/rest-b/instances/one", Body);
        var first = await server.OkAsync(HttpMethod.Get, "/v1/services/rest-b/instances");
        var since = first.GetProperty("revision").GetInt64();

        var waiting = server.OkAsync(HttpMethod.Get, $"/v1/services/rest-b/instances?wait=60s&since={since}");
        await server.OkAsync(HttpMethod.Put, "/v1/services/rest-b/instances/two", Body);
        var second = await waiting;

        Assert.Equal(2, second.GetProperty("instances").GetArrayLength());
        Assert.True(second.GetProperty("revision").GetInt64() > since);

        // Nothing happens: the same revision or a later one, when the wait is over.
        var third = await server.OkAsync(HttpMethod.Get, $"/v1/services/rest-b/instances?wait=50ms&since={second.GetProperty("revision").GetInt64()}");
        Assert.True(third.GetProperty("revision").GetInt64() >= second.GetProperty("revision").GetInt64());
    }

    [Fact]
    public async Task Maintenance_of_an_instance_and_of_a_zone()
    {
        await server.OkAsync(HttpMethod.Put, "/v1/services/rest-c/instances/one", Body.Replace("eu-1", "rest-zone", StringComparison.Ordinal));
        await server.OkAsync(HttpMethod.Put, "/v1/services/rest-c/instances/one/maintenance", """{"reason": "new disk"}""");
        Assert.Equal("maintenance", await StateAsync());
        await server.OkAsync(HttpMethod.Delete, "/v1/services/rest-c/instances/one/maintenance");
        Assert.Equal("passing", await StateAsync());
        await server.OkAsync(HttpMethod.Put, "/v1/zones/rest-zone/maintenance");
        Assert.Equal("maintenance", await StateAsync());
        await server.OkAsync(HttpMethod.Delete, "/v1/zones/rest-zone/maintenance");
        Assert.Equal("passing", await StateAsync());

        async Task<string?> StateAsync() => (await server.OkAsync(HttpMethod.Get, "/v1/services/rest-c/instances/one")).GetProperty("state").GetString();
    }

    [Fact]
    public async Task Prometheus_finds_its_targets()
    {
        await server.OkAsync(HttpMethod.Put, "/v1/services/rest-d/instances/one", Body);
        var groups = await server.OkAsync(HttpMethod.Get, "/v1/prometheus/targets?prefix=rest-d");

        var group = Assert.Single(groups.EnumerateArray());
        Assert.Equal("10.0.0.1:9090", group.GetProperty("targets")[0].GetString());
        var labels = group.GetProperty("labels");
        Assert.Equal(("rest-d", ",blue,", "abc"), (Label("service"), Label("tags"), Label("metadata_git_commit")));

        string? Label(string name) => labels.GetProperty($"__meta_concord_{name}").GetString();
    }

    [Fact]
    public async Task What_is_wrong_is_said_with_its_field()
    {
        Assert.Equal("endpoints[0].port", Field(await server.RefusedAsync(HttpStatusCode.BadRequest, "invalid_request", HttpMethod.Put, "/v1/services/rest-e/instances/one", """{"endpoints": [{"scheme": "http", "host": "a", "port": 0}]}""")));
        Assert.Equal("wait", Field(await server.RefusedAsync(HttpStatusCode.BadRequest, "invalid_request", HttpMethod.Get, "/v1/services/rest-e/instances?wait=1h")));
        Assert.Equal("state", Field(await server.RefusedAsync(HttpStatusCode.BadRequest, "invalid_request", HttpMethod.Get, "/v1/services/rest-e/instances?state=happy")));
        await server.RefusedAsync(HttpStatusCode.BadRequest, "invalid_name", HttpMethod.Get, "/v1/services/a%20b/instances");
        await server.RefusedAsync(HttpStatusCode.BadRequest, "invalid_request", HttpMethod.Put, "/v1/services/rest-e/instances/one", """{"endpoint": []}""");

        var generation = (await server.OkAsync(HttpMethod.Put, "/v1/services/rest-e/instances/one", Body)).GetProperty("generation").GetInt64();
        await server.OkAsync(HttpMethod.Put, "/v1/services/rest-e/instances/one", Body);
        await server.RefusedAsync(HttpStatusCode.Conflict, "superseded", HttpMethod.Post, $"/v1/services/rest-e/instances/one/renew?generation={generation}");

        static string? Field(JsonElement problem) => problem.GetProperty("field").GetString();
    }

    [Fact]
    public async Task The_list_shows_services_by_prefix_and_tag()
    {
        await server.OkAsync(HttpMethod.Put, "/v1/services/rest-f1/instances/one", Body);
        await server.OkAsync(HttpMethod.Put, "/v1/services/rest-f2/instances/one", Body.Replace("blue", "red", StringComparison.Ordinal));

        Assert.Equal("rest-f1 rest-f2", await NamesAsync("?prefix=rest-f"));
        Assert.Equal("rest-f2", await NamesAsync("?prefix=rest-f&tag=red"));

        async Task<string> NamesAsync(string query) => string.Join(' ', (await server.OkAsync(HttpMethod.Get, "/v1/services" + query)).GetProperty("services").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
    }
}
