using System.Text.Json;
using Grpc.Core;

namespace Concord.Server.Gateway;

/// <summary>One POST. A stream of requests is JSON values one after the other, a stream of answers one line each.</summary>
internal sealed class HttpExchange(HttpContext http) : IGatewayExchange
{
    private const string Json = "application/json";

    public async IAsyncEnumerable<JsonElement> RequestsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var values = JsonSerializer.DeserializeAsyncEnumerable(http.Request.Body, GatewayJson.Default.JsonElement, topLevelValues: true, cancellation);
        await foreach (var value in values.WithCancellation(cancellation))
        {
            yield return value;
        }
    }

    public Task AnswerAsync(string json, CancellationToken cancellation)
    {
        http.Response.ContentType = Json;
        http.Response.Headers["Grpc-Metadata-Content-Type"] = "application/grpc";
        return http.Response.WriteAsync(json, cancellation);
    }

    public async Task SendAsync(string json, CancellationToken cancellation)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.ContentType = Json;
        }

        await http.Response.WriteAsync($"{{\"result\":{json}}}\n", cancellation);
        await http.Response.Body.FlushAsync(cancellation);
    }

    public Task FailAsync(Status status)
    {
        if (http.Response.HasStarted)
        {
            return http.Response.WriteAsync($"{{\"error\":{GatewayErrors.ToJson(status)}}}\n", http.RequestAborted);
        }

        http.Response.StatusCode = GatewayErrors.HttpStatus(status.StatusCode);
        http.Response.ContentType = Json;
        return http.Response.WriteAsync(GatewayErrors.ToJson(status), http.RequestAborted);
    }
}
