using System.Globalization;
using System.Text;
using System.Text.Json;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Views;

/// <summary>One entry of an application's imports: a configuration of another application.</summary>
internal sealed record Import(string Application, string Name)
{
    public override string ToString() => Name == ConfigNames.DefaultName ? Application : $"{Application}/{Name}";
}

/// <summary>
/// Reads the reserved configuration <c>imports</c>: a list of <c>APP[/NAME]</c>, lowest layer first, as a JSON array, a
/// YAML list, or lines of text with <c>#</c> comments. Imports are not followed further: what the imported application
/// itself imports does not come along, so that <c>explain</c> always fits on one page.
/// </summary>
internal static class Imports
{
    public static IReadOnlyList<Import> Parse(ConfigDocument document, string application)
    {
        var entries = document.Format switch
        {
            ConfigFormat.Json or ConfigFormat.Yaml => ReadList(document),
            ConfigFormat.Text => ReadLines(document.Content),
            _ => throw new ConfigException(new ConfigError(
                ConfigErrorCode.UnknownFormat,
                $"Imports cannot be written as {document.Format.Word()}.",
                "document.format",
                "Write them as a JSON array, a YAML list, or text with one APP[/NAME] per line.")),
        };
        if (entries.Count > ConfigLimits.ImportsPerApplication)
        {
            throw DocumentTree.TooLarge($"{entries.Count} imports; at most {ConfigLimits.ImportsPerApplication} are allowed.", "Put settings that are always imported together into one shared application.");
        }

        var imports = new List<Import>();
        foreach (var (text, line) in entries)
        {
            var import = ParseEntry(text, line, application);
            imports.Add(imports.Contains(import) ? throw Malformed($"'{import}' is imported twice.", "Keep it at the place where it should win.", line) : import);
        }

        return imports;
    }

    private static Import ParseEntry(string text, int line, string application)
    {
        var parts = text.Trim().Split('/');
        if (parts.Length > 2)
        {
            throw Malformed($"'{ConfigNames.Shorten(text)}' does not name a shared configuration.", "Write APP or APP/NAME; the environment is that of the importing application.", line);
        }

        try
        {
            var import = new Import(ConfigNames.Application(parts[0], DocumentTree.DocumentField), ConfigNames.Name(parts.Length == 2 ? parts[1] : "", DocumentTree.DocumentField));
            return import.Application == application || import.Name == ConfigNames.ImportsName
                ? throw Malformed($"'{import}' cannot be imported here.", "Import configurations with settings of other applications; several configurations of one application are asked for by their names.", line)
                : import;
        }
        catch (ConfigException e) when (e.Error.Line == 0)
        {
            throw new ConfigException(e.Error with { Line = line, Column = 1 }, e);
        }
    }

    private static List<(string, int)> ReadLines(string text) => text.Split('\n')
        .Select(static (line, index) => (Text: line.Split('#')[0].Trim(), Line: index + 1))
        .Where(static line => line.Text.Length > 0)
        .ToList();

    /// <summary>The readers want an object at the top; the list is put into one, on the same line.</summary>
    private static List<(string, int)> ReadList(ConfigDocument document)
    {
        if (document.Format == ConfigFormat.Json)
        {
            return ReadJsonArray(document.Content);
        }

        var indented = string.Join('\n', document.Content.Split('\n').Select(static line => "  " + line));
        var tree = (document with { Content = "imports:\n" + indented }).Parse(ConfigNames.ImportsName);
        if (!tree.TryGet(ConfigNames.ImportsName, out var list) || (!list.IsList && list.Value is not { Kind: ScalarKind.Null }))
        {
            throw Malformed("Imports are a list.", "Write one '- APP' or '- APP/NAME' per line.", 1);
        }

        return Enumerable.Range(0, list.Children.Count)
            .Select(i => list.TryGet(i.ToString(CultureInfo.InvariantCulture), out var item) && item.Value is { } value
                ? (value.Text, value.Line - 1)
                : throw Malformed("An import is not a text.", "Write APP or APP/NAME.", 1))
            .ToList();
    }

    private static List<(string, int)> ReadJsonArray(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var positions = new TextPositions(utf8);
        var reader = new Utf8JsonReader(utf8, JsonReader.Options);
        var entries = new List<(string, int)>();
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                throw Malformed("Imports are a JSON array.", "Write [\"APP\", \"APP/NAME\"].", 1);
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var (line, _) = positions.At(reader.TokenStartIndex);
                entries.Add(reader.TokenType == JsonTokenType.String ? (reader.GetString()!, line) : throw Malformed("An import is not a text.", "Write \"APP\" or \"APP/NAME\".", line));
            }
        }
        catch (JsonException e)
        {
            throw JsonReader.Malformed(positions, e);
        }

        return entries;
    }

    private static ConfigException Malformed(string message, string remedy, int line) => DocumentTree.Malformed(message, remedy, line, 1);
}
