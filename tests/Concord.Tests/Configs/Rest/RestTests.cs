using System.Net;
using System.Text.Json;

namespace Concord.Tests.Configs.Rest;

public sealed class RestTests(RestServer server) : IClassFixture<RestServer>
{
    private static HttpMethod Get => HttpMethod.Get;

    /// <summary>What <c>curl --data-binary @file</c> sends unless told otherwise must not matter when the format is given.</summary>
    [Theory]
    [InlineData("application/x-www-form-urlencoded", "?format=yaml")]
    [InlineData("application/octet-stream", "?format=yaml")]
    [InlineData("application/yaml; charset=utf-8", "")]
    [InlineData("text/yaml", "")]
    public async Task A_documents_format_is_the_querys_or_the_content_types(string contentType, string query)
    {
        var draft = await server.OkAsync(HttpMethod.Put, $"/v1/apps/formats/dev/configurations/application/draft{query}", "# kept\na: 1\n", contentType);

        Assert.Equal("yaml", draft.GetProperty("document").GetProperty("format").GetString());
        Assert.Equal("# kept\na: 1\n", draft.GetProperty("document").GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("application/octet-stream", "'application/octet-stream' does not say which format the document has.")]
    [InlineData("", "The format of the document is missing.")]
    public async Task A_content_type_that_tells_no_format_is_refused(string contentType, string detail)
    {
        var problem = await server.RefusedAsync(HttpStatusCode.UnsupportedMediaType, "unknown_format", HttpMethod.Put, "/v1/apps/formats/dev/configurations/application/draft", "a: 1\n", contentType);

        Assert.Equal(detail, problem.GetProperty("detail").GetString());
        Assert.Contains("json, yaml, properties, toml, xml, text", problem.GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json", "{\n  \"a\": 1,\n  \"b\": }\n", 3, 8)]
    [InlineData("yaml", "a: 1\n b: 2\n", 2, 3)]
    [InlineData("properties", "a=1\nb=\\u00zz\n", 2, 3)]
    [InlineData("toml", "a = 1\nb = \n", 2, 5)]
    [InlineData("xml", "<a>\n  <b></a>\n", 2, 8)]
    public async Task A_malformed_document_is_refused_with_its_place(string format, string document, int line, int column)
    {
        var problem = await server.RefusedAsync(HttpStatusCode.BadRequest, "malformed_document", HttpMethod.Put, $"/v1/apps/bad/dev/configurations/application/draft?format={format}", document);

        Assert.Equal((line, column), (problem.GetProperty("line").GetInt32(), problem.GetProperty("column").GetInt32()));
        Assert.Equal("document.content", problem.GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("<!DOCTYPE a><a/>", "The XML is malformed: A document type declaration is not allowed.")]
    [InlineData("<a/>x", "The XML is malformed: Data at the root level is invalid.")]
    public async Task What_is_wrong_with_xml_is_said_in_words_of_the_document(string document, string detail)
    {
        var problem = await server.RefusedAsync(HttpStatusCode.BadRequest, "malformed_document", HttpMethod.Put, "/v1/apps/bad/dev/configurations/application/draft?format=xml", document);

        Assert.Equal(detail, problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_document_that_is_too_large_is_refused() =>
        await server.RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "too_large", HttpMethod.Put, "/v1/apps/bad/dev/configurations/application/draft?format=text", new string('x', 600_000));

    [Theory]
    [InlineData("""{"set": {"a": null}}""", "set.a", "Give 'set.a' a value that is not null.")]
    [InlineData("""{"remove": [null]}""", "remove[0]", "Give 'remove[0]' a value that is not null.")]
    [InlineData("""{"set": {"a": 1}}""", "set.a", null)]
    [InlineData("""{"sett": {"a": "1"}}""", "sett", null)]
    [InlineData("{", "body", null)]
    [InlineData("", "body", null)]
    [InlineData("null", "body", null)]
    public async Task A_body_that_is_not_what_is_expected_names_the_member_and_nothing_of_the_inside(string body, string field, string? remedy)
    {
        var problem = await server.RefusedAsync(HttpStatusCode.BadRequest, "invalid_request", HttpMethod.Patch, "/v1/apps/bad/dev/configurations/application/draft", body);

        Assert.Equal(field, problem.GetProperty("field").GetString());
        var detail = problem.GetProperty("detail").GetString()!;
        Assert.All(["System.", "Concord.", ".NET", "isFinalBlock", "BytePosition", "Path: $"], inside => Assert.DoesNotContain(inside, detail, StringComparison.Ordinal));
        if (remedy is not null)
        {
            Assert.Equal(remedy, problem.GetProperty("remedy").GetString());
        }
    }

    [Theory]
    [InlineData("""{"targets": [null], "message": "m"}""", "targets[0]")]
    [InlineData("""{"targets": [{"application": "a", "environment": "b", "selector": {"zone": null}}], "message": "m"}""", "targets[0].selector.zone")]
    public async Task A_target_that_is_null_is_refused(string body, string field)
    {
        var problem = await server.RefusedAsync(HttpStatusCode.BadRequest, "invalid_request", HttpMethod.Post, "/v1/releases", body);

        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("/v1/releases?limit=abc", "limit", "'abc' is not a value for 'limit'.")]
    [InlineData("/v1/services/a/instances?healthy=x", "healthy", "'x' is not a value for 'healthy'.")]
    [InlineData("/v1/apps/a/b/effective/watch?from=x", "from", "'x' is not a value for 'from'.")]
    [InlineData("/v1/apps/a/b/effective/watch?from=-1", "from", "-1 is not a revision.")]
    public async Task A_query_that_cannot_be_read_names_its_parameter(string path, string field, string detail)
    {
        var problem = await server.RefusedAsync(HttpStatusCode.BadRequest, "invalid_request", Get, path);

        Assert.Equal((field, detail), (problem.GetProperty("field").GetString(), problem.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task Paths_and_methods_that_are_not_there_are_problems_too()
    {
        await server.RefusedAsync(HttpStatusCode.NotFound, "unknown_path", Get, "/v1/nothing");
        await server.RefusedAsync(HttpStatusCode.NotFound, "unknown_path", Get, "/v1/releases/abc");
        await server.RefusedAsync(HttpStatusCode.MethodNotAllowed, "method_not_allowed", HttpMethod.Put, "/v1/releases/1/rollback");
    }

    [Fact]
    public async Task What_is_not_there_is_named_with_the_nearest_name()
    {
        await server.ReleaseAsync("nearest/prod", "yaml", "pricing:\n  discount: 1\n");

        foreach (var path in (string[])["/v1/apps/naerest/prod/effective", "/v1/apps/naerest/prod/effective/watch", "/v1/apps/naerest/prod/instances", "/v1/apps/naerest/prod/configurations", "/v1/releases?app=naerest"])
        {
            var problem = await server.RefusedAsync(HttpStatusCode.NotFound, "unknown_application", Get, path);
            Assert.Contains("Did you mean 'nearest'?", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        var environment = await server.RefusedAsync(HttpStatusCode.NotFound, "unknown_environment", Get, "/v1/apps/nearest/prd/instances");
        Assert.Contains("Did you mean 'prod'?", environment.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var key = await server.RefusedAsync(HttpStatusCode.NotFound, "unknown_key", Get, "/v1/apps/nearest/prod/explain?key=pricing:discont");
        Assert.Contains("Did you mean 'pricing:discount'?", key.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty((await server.OkAsync(Get, "/v1/apps/nearest/prod/instances")).GetProperty("instances").EnumerateArray());
    }

    [Fact]
    public async Task A_conflict_tells_both_sides()
    {
        await server.ReleaseAsync("sides/prod", "properties", "a=1\n");
        var first = (await server.OkAsync(Get, "/v1/releases?app=sides")).GetProperty("releases")[0].GetProperty("number").GetInt64();
        await server.ReleaseAsync("sides/prod", "properties", "a=2\n");

        var problem = await server.RefusedAsync(HttpStatusCode.Conflict, "conflict", HttpMethod.Post, "/v1/releases", $$"""{"targets": [{"application": "sides", "environment": "prod", "expectedRelease": {{first}}}], "message": "m"}""");

        Assert.Equal(first, problem.GetProperty("expectedRelease").GetInt64());
        Assert.True(problem.GetProperty("actualRelease").GetInt64() > first);
    }

    [Fact]
    public async Task The_effective_configuration_has_an_etag_and_renders_as_documents()
    {
        await server.ReleaseAsync("etag/prod", "yaml", "a: 1\nlist: [x, y]\n");
        using var first = await server.SendAsync(Get, "/v1/apps/etag/prod/effective");
        var etag = first.Headers.ETag!.ToString();
        using var same = await server.SendAsync(Get, "/v1/apps/etag/prod/effective", headers: ("If-None-Match", etag));
        await server.ReleaseAsync("etag/prod", "yaml", "a: 2\nlist: [x, y]\n");
        using var changed = await server.SendAsync(Get, "/v1/apps/etag/prod/effective?format=yaml", headers: ("If-None-Match", etag));

        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal("application/yaml", changed.Content.Headers.ContentType?.MediaType);
        Assert.Equal("a: 2\nlist:\n  - \"x\"\n  - \"y\"\n", await changed.Content.ReadAsStringAsync(RestServer.Patience));
    }

    [Fact]
    public async Task A_watch_sends_the_view_then_deltas_and_resumes()
    {
        await server.ReleaseAsync("follow/prod", "properties", "a=1\nb=1\n");
        using var watch = await Events.OpenAsync(server, "/v1/apps/follow/prod/effective/watch");
        var view = await watch.NextAsync();
        await server.ReleaseAsync("follow/prod", "properties", "a=2\n");
        var delta = await watch.NextAsync();

        Assert.Equal("view", view.Name);
        Assert.Equal("1", view.Data.GetProperty("settings").GetProperty("a").GetString());
        Assert.Equal("delta", delta.Name);
        Assert.Equal(view.Data.GetProperty("version").GetString(), delta.Data.GetProperty("fromVersion").GetString());
        Assert.Equal("2", delta.Data.GetProperty("set").GetProperty("a").GetString());
        Assert.Equal("b", delta.Data.GetProperty("removed")[0].GetString());

        using var resumed = await Events.OpenAsync(server, "/v1/apps/follow/prod/effective/watch", ("Last-Event-ID", view.Id));
        Assert.Equal("delta", (await resumed.NextAsync()).Name);

        using var again = await Events.OpenAsync(server, $"/v1/apps/follow/prod/effective/watch?from={delta.Id}");
        var nothing = await again.NextAsync();
        Assert.Equal("delta", nothing.Name);
        Assert.Empty(nothing.Data.GetProperty("set").EnumerateObject());
    }

    /// <summary>A revision that this store never had comes from another one: what that client holds cannot be known.</summary>
    [Fact]
    public async Task A_watch_from_a_revision_of_the_future_begins_with_the_view()
    {
        await server.ReleaseAsync("future/prod", "properties", "a=1\n");
        using var watch = await Events.OpenAsync(server, "/v1/apps/future/prod/effective/watch?from=999999");

        Assert.Equal("view", (await watch.NextAsync()).Name);
    }

    private sealed record Event(string Name, string Id, JsonElement Data);

    private sealed class Events(HttpResponseMessage answer, StreamReader reader) : IDisposable
    {
        public static async Task<Events> OpenAsync(RestServer server, string path, params (string, string)[] headers)
        {
            var answer = await server.SendAsync(Get, path, headers: headers);
            Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
            return new(answer, new(await answer.Content.ReadAsStreamAsync(RestServer.Patience)));
        }

        public async Task<Event> NextAsync()
        {
            var fields = new Dictionary<string, string>();
            while (await reader.ReadLineAsync(RestServer.Patience) is { Length: > 0 } line)
            {
                var colon = line.IndexOf(": ", StringComparison.Ordinal);
                fields[line[..colon]] = line[(colon + 2)..];
            }

            return new(fields["event"], fields["id"], JsonDocument.Parse(fields["data"]).RootElement);
        }

        public void Dispose()
        {
            reader.Dispose();
            answer.Dispose();
        }
    }
}
