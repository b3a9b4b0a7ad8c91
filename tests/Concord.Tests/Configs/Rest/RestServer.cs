using System.Net;
using System.Text;
using System.Text.Json;
using Concord.Server.Cluster;
using Concord.Server.Hosting;

namespace Concord.Tests.Configs.Rest;

/// <summary>A whole server with a port and a directory of its own, asked over HTTP. Tests use applications of their own.</summary>
public sealed class RestServer : IAsyncLifetime
{
    private ConcordServer? _server;

    public HttpClient Http { get; private set; } = null!;

    public Uri Url => _server!.ClientUrls[0];

    public static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public async ValueTask InitializeAsync()
    {
        var options = new ServerOptions { ListenClientUrls = [new("http://127.0.0.1:0")], LogLevel = Microsoft.Extensions.Logging.LogLevel.Critical };
        _server = await ConcordServer.StartAsync(options);
        Http = new() { BaseAddress = Url };
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>Puts a document and publishes it as a release of its own.</summary>
    public async Task ReleaseAsync(string path, string format, string document)
    {
        var parts = path.Split('/');
        var name = parts.Length > 2 ? parts[2] : "application";
        await OkAsync(HttpMethod.Put, $"/v1/apps/{parts[0]}/{parts[1]}/configurations/{name}/draft?format={format}", document, "text/plain");
        await OkAsync(HttpMethod.Post, "/v1/releases", $$"""{"targets": [{"application": "{{parts[0]}}", "environment": "{{parts[1]}}"}], "message": "test"}""");
    }

    public async Task<JsonElement> OkAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json")
    {
        using var answer = await SendAsync(method, path, body, contentType);
        var text = await answer.Content.ReadAsStringAsync(Patience);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The problem details that a request is refused with, checked for what every one must have.</summary>
    public async Task<JsonElement> RefusedAsync(HttpStatusCode status, string code, HttpMethod method, string path, string? body = null, string contentType = "application/json")
    {
        using var answer = await SendAsync(method, path, body, contentType);
        var text = await answer.Content.ReadAsStringAsync(Patience);
        Assert.True(answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode} {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.NotEmpty(problem.GetProperty("remedy").GetString()!);
        Assert.NotNull(problem.GetProperty("field").GetString());
        return problem;
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Patience);
    }
}
