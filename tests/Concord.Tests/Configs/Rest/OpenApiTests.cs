using System.Net;
using System.Text.Json;

namespace Concord.Tests.Configs.Rest;

/// <summary>The description of the REST face and its page: complete, true, and alone on its machine.</summary>
public sealed class OpenApiTests(RestServer server) : IClassFixture<RestServer>
{
    [Fact]
    public async Task Every_operation_says_what_it_does_takes_and_answers()
    {
        var operations = await OperationsAsync();

        Assert.NotEmpty(operations);
        Assert.All(operations, operation =>
        {
            Assert.NotEmpty(operation.Value.GetProperty("summary").GetString()!);
            Assert.All(ParametersOf(operation.Value), parameter => Assert.True(parameter.TryGetProperty("description", out _), $"{operation.Key}: {parameter}"));
            var answers = operation.Value.GetProperty("responses").EnumerateObject().ToList();
            Assert.Contains(answers, answer => answer.Name[0] == '2');
            Assert.All(answers.Where(answer => answer.Name[0] is '4' or '5'), answer => Assert.True(answer.Value.GetProperty("content").TryGetProperty("application/problem+json", out _), operation.Key));
            Assert.All(answers.Where(answer => answer.Name[0] == '2'), answer => Assert.NotEmpty(answer.Value.GetProperty("content").EnumerateObject()));
        });
    }

    [Theory]
    [InlineData("PutDraft", "200 400 404 409 413 415 422 429 503 507")]
    [InlineData("EditDraft", "200 400 404 409 413 422 429 503 507")]
    [InlineData("Publish", "200 201 400 404 409 413 422 429 503 507")]
    [InlineData("GetEffective", "200 304 400 404")]
    [InlineData("WatchEffective", "200 400 404")]
    public async Task The_statuses_are_those_that_happen(string operation, string statuses) =>
        Assert.Equal(statuses, string.Join(' ', (await OperationsAsync())[operation].GetProperty("responses").EnumerateObject().Select(answer => answer.Name)));

    [Fact]
    public async Task Headers_formats_and_bodies_are_described()
    {
        var operations = await OperationsAsync();

        Assert.Contains("If-None-Match", Names("GetEffective"));
        Assert.Contains("Last-Event-ID", Names("WatchEffective"));
        Assert.Contains("Concord-Author", Names("Publish"));
        Assert.Equal("keys json yaml properties", Formats("GetEffective"));
        Assert.Equal("json yaml properties toml xml text", Formats("PutDraft"));
        Assert.Equal("application/json application/yaml text/plain", Keys(operations["GetEffective"].GetProperty("responses").GetProperty("200").GetProperty("content")));
        Assert.Equal("application/json", Keys(operations["Publish"].GetProperty("requestBody").GetProperty("content")));

        string Formats(string operation) => string.Join(' ', ParametersOf(operations[operation]).Single(parameter => parameter.GetProperty("name").GetString() == "format").GetProperty("schema").GetProperty("enum").EnumerateArray());
        IEnumerable<string?> Names(string operation) => ParametersOf(operations[operation]).Select(parameter => parameter.GetProperty("name").GetString());
        static string Keys(JsonElement element) => string.Join(' ', element.EnumerateObject().Select(member => member.Name).Order());
    }

    [Fact]
    public async Task Schemas_call_required_only_what_is_and_numbers_numbers()
    {
        var schemas = (await DocumentAsync()).GetProperty("components").GetProperty("schemas");

        Assert.Equal("targets", Required("PublishBody"));
        Assert.Equal("application environment", Required("TargetBody"));
        Assert.Equal("", Required("DraftEdit"));
        Assert.Equal("integer", schemas.GetProperty("EffectiveBody").GetProperty("properties").GetProperty("release").GetProperty("type").GetString());
        var problem = schemas.GetProperty("ProblemDetails").GetProperty("properties");
        Assert.All(["code", "field", "remedy", "line", "column", "expectedRelease", "actualRelease"], member => Assert.True(problem.TryGetProperty(member, out _), member));

        string Required(string schema) => schemas.GetProperty(schema).TryGetProperty("required", out var members) ? string.Join(' ', members.EnumerateArray()) : "";
    }

    [Fact]
    public async Task The_page_asks_nobody_but_this_server()
    {
        using var answer = await server.SendAsync(HttpMethod.Get, "/docs/");
        var page = await answer.Content.ReadAsStringAsync(RestServer.Patience);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.All(["\"withDefaultFonts\":false", "\"telemetry\":false", "\"agent\":{\"disabled\":true", "\"mcp\":{\"disabled\":true", "\"hideClientButton\":true"], setting => Assert.Contains(setting, page, StringComparison.Ordinal));
        using var script = await server.SendAsync(HttpMethod.Get, "/docs/scalar.js");
        Assert.Equal(HttpStatusCode.OK, script.StatusCode);
    }

    private async Task<JsonElement> DocumentAsync() => await server.OkAsync(HttpMethod.Get, "/openapi/v1.json");

    private async Task<Dictionary<string, JsonElement>> OperationsAsync() => (await DocumentAsync()).GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject())
        .ToDictionary(operation => operation.Value.GetProperty("operationId").GetString()!, operation => operation.Value);

    private static List<JsonElement> ParametersOf(JsonElement operation) => operation.TryGetProperty("parameters", out var parameters) ? [.. parameters.EnumerateArray()] : [];
}
