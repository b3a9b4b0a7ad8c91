using System.Buffers;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;
using Microsoft.Extensions.Primitives;

namespace Concord.Server.Configs.Rest;

/// <summary>Reads what a request carries; every error names the query parameter or the field.</summary>
internal static class RestRequests
{
    /// <summary>Who edits or publishes. Where access is checked, the user counts too (<see cref="ConfigStore.AuthorOf"/>).</summary>
    public const string AuthorHeader = "Concord-Author";

    /// <summary>Names the header in errors; the only ones whose status is 415.</summary>
    public const string ContentTypeField = "Content-Type";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static ConfigPath Path(string app, string env, string name, string? selector) =>
        ConfigPath.From(app, env, name, Labels.Parse(selector ?? "", "selector").Items, "id");

    public static ViewKey View(string app, string env, string[]? names, string[]? labels) =>
        ViewKey.From(app, env, names ?? [], (labels ?? []).SelectMany(static text => text.Split(',')).Select(static text => Labels.ParseOne(text, "label")), "view");

    public static string Author(HttpRequest request, string? given = null) =>
        given is { Length: > 0 } ? given : request.Headers[AuthorHeader].ToString();

    /// <summary>The body as a document; its format is the query's, or what the content type says.</summary>
    public static async Task<ConfigDocument> DocumentAsync(HttpRequest request, string? format, CancellationToken cancellation)
    {
        var kind = format is { Length: > 0 } ? ConfigFormats.Parse(format, "format") : OfContentType(request.ContentType);
        return ConfigDocument.From(kind, await TextAsync(request, ConfigLimits.DocumentBytes, "document.content", cancellation));
    }

    /// <param name="whenEmpty">What a request without a body means; null if it must have one.</param>
    public static async Task<T> JsonAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellation, T? whenEmpty = null)
        where T : class
    {
        var text = await TextAsync(request, ConfigLimits.ReleaseBytes, "body", cancellation);
        return text.Length == 0 && whenEmpty is not null ? whenEmpty : JsonBody.Read(text, type);
    }

    /// <summary>True if the client holds this entity already (RFC 9110, section 13.1.2: weak comparison).</summary>
    public static bool Holds(StringValues ifNoneMatch, string version) => ifNoneMatch
        .SelectMany(static header => (header ?? "").Split(','))
        .Select(static tag => tag.Trim())
        .Any(tag => tag == "*" || (tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag).Trim('"') == version);

    private static async Task<string> TextAsync(HttpRequest request, int bytesMax, string field, CancellationToken cancellation)
    {
        var buffer = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = await request.Body.ReadAsync(buffer.GetMemory(16 * 1024), cancellation);
            if (read == 0)
            {
                break;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > bytesMax)
            {
                throw new ConfigException(new ConfigError(ConfigErrorCode.TooLarge, $"The body has more than {bytesMax} bytes.", field, "Divide it."));
            }
        }

        try
        {
            return StrictUtf8.GetString(buffer.WrittenSpan);
        }
        catch (DecoderFallbackException e)
        {
            var (line, column) = new TextPositions(buffer.WrittenSpan.ToArray()).At(e.Index);
            throw new ConfigException(new ConfigError(ConfigErrorCode.InvalidRequest, "The body is not UTF-8.", field, "Convert it to UTF-8.") { Line = line, Column = column }, e);
        }
    }

    private static ConfigFormat OfContentType(string? contentType) => (contentType ?? "").Split(';')[0].Trim().ToLowerInvariant() switch
    {
        "application/json" or "text/json" => ConfigFormat.Json,
        "application/yaml" or "application/x-yaml" or "text/yaml" => ConfigFormat.Yaml,
        "text/x-java-properties" or "text/x-properties" => ConfigFormat.Properties,
        "application/toml" => ConfigFormat.Toml,
        "application/xml" or "text/xml" => ConfigFormat.Xml,
        "text/plain" => ConfigFormat.Text,
        var other => throw new ConfigException(new ConfigError(ConfigErrorCode.UnknownFormat, other.Length == 0 ? "The format of the document is missing." : $"'{other}' does not say which format the document has.", ContentTypeField, $"Add ?format= with one of: {ConfigFormats.Words}; or a content type such as application/json.")),
    };
}
