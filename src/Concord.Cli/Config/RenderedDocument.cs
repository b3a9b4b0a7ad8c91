using System.Text.Encodings.Web;
using System.Text.Json;

namespace Concord.Cli.Config;

/// <summary>Documents that the server rendered.</summary>
internal static class RenderedDocument
{
    private static readonly JsonWriterOptions Pretty = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void WriteText(TextWriter writer, string rendered)
    {
        writer.Write(rendered);
        if (rendered.Length > 0 && !rendered.EndsWith('\n'))
            writer.Write('\n');
    }

    /// <summary>The whole document, or the part of it under the key of the settings.</summary>
    public static void WriteJson(TextWriter writer, string rendered, Settings settings)
    {
        using var document = JsonDocument.Parse(rendered.Length == 0 ? "{}" : rendered);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Pretty))
            Find(document.RootElement, settings).WriteTo(json);
        writer.Write(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
        writer.Write('\n');
    }

    private static JsonElement Find(JsonElement root, Settings settings)
    {
        var at = root;
        foreach (var part in settings.Key?.Split(':') ?? [])
        {
            if (Step(at, part) is not { } next)
            {
                throw new CommandException(
                    ExitCode.Failure, $"'{settings.Key}' is a setting, but has no place of its own in the rendered document.", "Use -o value or -o properties.");
            }

            at = next;
        }

        return at;
    }

    private static JsonElement? Step(JsonElement at, string part) => at.ValueKind switch
    {
        JsonValueKind.Object => at.EnumerateObject().Where(member => member.Name.Equals(part, StringComparison.OrdinalIgnoreCase)).Select(member => (JsonElement?)member.Value).FirstOrDefault(),
        JsonValueKind.Array when int.TryParse(part, out var index) && index >= 0 && index < at.GetArrayLength() => at[index],
        _ => null,
    };
}
