using System.Text.Json;

namespace Concord.Gateway.Proxying;

/// <summary>The gateway's own answers, as problem details (RFC 9457).</summary>
internal static class Problem
{
    // The text is for people who read JSON, never for a page: quotation marks stay legible.
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        // A gRPC client reads the status alone and makes "unavailable" of 503.
        context.Response.ContentType = "application/problem+json";
        var json = new System.Buffers.ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json, Options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("status", status);
            writer.WriteString("title", Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status));
            writer.WriteString("detail", detail);
            writer.WriteEndObject();
        }

        // Without the request's token: it has fired when the time was up, and this is the answer to just that.
        context.Response.ContentLength = json.WrittenCount;
        await context.Response.Body.WriteAsync(json.WrittenMemory, CancellationToken.None).ConfigureAwait(false);
    }
}
