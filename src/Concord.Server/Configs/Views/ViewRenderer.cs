using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Editing;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Views;

/// <summary>
/// Writes a view as one document. Numbers and booleans are written as such if their documents had them so; names are in
/// byte order, so equal views give equal documents. A key that has a value and parts below it, which only flat formats
/// can say, is written as <c>a</c> and <c>a:b</c> side by side.
/// </summary>
internal sealed class ViewRenderer
{
    private readonly Dictionary<string, ResolvedSetting> _settings;

    private ViewRenderer(ResolvedView view) =>
        _settings = view.Settings.ToDictionary(static setting => setting.Key, KeyText.Identity);

    /// <exception cref="ConfigException">The format cannot be rendered.</exception>
    public static string Render(ResolvedView view, ConfigFormat format)
    {
        var renderer = new ViewRenderer(view);
        switch (format)
        {
            case ConfigFormat.Json:
                return renderer.Json(view.Tree);
            case ConfigFormat.Yaml:
                var lines = renderer.YamlMapping(view.Tree, "");
                return lines.Count == 0 ? "{}\n" : string.Join('\n', lines) + "\n";
            case ConfigFormat.Properties:
                var output = new StringBuilder();
                renderer.Properties(view.Tree, "", "", output);
                return output.ToString();
            default:
                throw new ConfigException(new ConfigError(ConfigErrorCode.UnknownFormat, $"A view cannot be rendered as {format.Word()}.", "render", "Ask for json, yaml or properties."));
        }
    }

    private string Json(ConfigNode root)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            JsonMembers(json, root, "");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private void JsonMembers(Utf8JsonWriter json, ConfigNode node, string key)
    {
        foreach (var (name, child, childKey) in Members(node, key))
        {
            json.WritePropertyName(name);
            JsonValue(json, child, childKey);
        }
    }

    private void JsonValue(Utf8JsonWriter json, ConfigNode node, string key)
    {
        if (node.IsList)
        {
            json.WriteStartArray();
            foreach (var (name, element) in Elements(node))
            {
                JsonValue(json, element, KeyText.Join(key, name));
            }

            json.WriteEndArray();
        }
        else if (node.Value is null)
        {
            json.WriteStartObject();
            JsonMembers(json, node, key);
            json.WriteEndObject();
        }
        else
        {
            JsonScalar(json, _settings[key]);
        }
    }

    private static void JsonScalar(Utf8JsonWriter json, ResolvedSetting setting)
    {
        switch (KindOf(setting))
        {
            case ScalarKind.Null:
                json.WriteNullValue();
                break;
            case ScalarKind.Number or ScalarKind.Boolean:
                // The writer's raw values know no indentation; an element keeps the number's spelling and has it.
                using (var literal = JsonDocument.Parse(setting.Value))
                {
                    literal.RootElement.WriteTo(json);
                }

                break;
            default:
                json.WriteStringValue(setting.Value);
                break;
        }
    }

    private List<string> YamlMapping(ConfigNode node, string key)
    {
        var lines = new List<string>();
        foreach (var (name, child, childKey) in Members(node, key))
        {
            YamlValue(lines, YamlText.Name(name) + ":", child, childKey);
        }

        return lines;
    }

    private void YamlValue(List<string> lines, string start, ConfigNode node, string key)
    {
        if (node.IsList && node.Children.Count > 0)
        {
            lines.Add(start);
            foreach (var (name, element) in Elements(node))
            {
                var inner = new List<string>();
                YamlValue(inner, "-", element, KeyText.Join(key, name));
                YamlElement(lines, inner);
            }
        }
        else if (node.Value is null && !node.IsList)
        {
            lines.Add(start);
            lines.AddRange(YamlMapping(node, key).Select(static line => "  " + line));
        }
        else
        {
            lines.Add($"{start} {(node.IsList ? "[]" : YamlScalar(_settings[key]))}");
        }
    }

    /// <summary>An element that is a block begins on the line of its dash.</summary>
    private static void YamlElement(List<string> lines, List<string> inner)
    {
        if (inner.Count > 1 && inner[0] == "-")
        {
            lines.Add("  - " + inner[1].TrimStart());
            lines.AddRange(inner.Skip(2).Select(static line => "  " + line));
        }
        else
        {
            lines.AddRange(inner.Select(static line => "  " + line));
        }
    }

    private static string YamlScalar(ResolvedSetting setting) => KindOf(setting) switch
    {
        ScalarKind.Null => "null",
        ScalarKind.Number or ScalarKind.Boolean => setting.Value,
        _ => YamlText.Quote(setting.Value),
    };

    private void Properties(ConfigNode node, string written, string key, StringBuilder output)
    {
        if (_settings.TryGetValue(key, out var setting))
        {
            output.Append(written).Append('=').Append(PropertiesEditor.EscapeValue(setting.Value)).Append('\n');
        }

        foreach (var (name, child) in Elements(node))
        {
            var part = new StringBuilder(written);
            if (node.IsList)
            {
                part.Append('[').Append(name).Append(']');
            }
            else
            {
                PropertiesEditor.EscapePart(name, written.Length > 0 ? part.Append('.') : part);
            }

            Properties(child, part.ToString(), KeyText.Join(key, name), output);
        }
    }

    /// <summary>The members to write; those below a value are lifted beside it.</summary>
    private static IEnumerable<(string Name, ConfigNode Node, string Key)> Members(ConfigNode node, string key)
    {
        foreach (var (name, child) in Elements(node))
        {
            yield return (name, child, KeyText.Join(key, name));
            if (child is { Value: not null, IsList: false })
            {
                foreach (var (inner, grandchild, innerKey) in Members(child, KeyText.Join(key, name)))
                {
                    yield return (KeyText.Join(name, inner), grandchild, innerKey);
                }
            }
        }
    }

    private static IEnumerable<(string Name, ConfigNode Node)> Elements(ConfigNode node) => node.IsList
        ? node.Children.OrderBy(static child => int.Parse(child.Name, CultureInfo.InvariantCulture)).Select(static child => (child.Name, child))
        : node.Children.OrderBy(static child => child.Name, KeyText.ByteOrder).Select(static child => (child.Name, child));

    /// <summary>A reference makes a text of whatever it stands in.</summary>
    private static ScalarKind KindOf(ResolvedSetting setting)
    {
        var kind = setting.Raw.Text == setting.Value ? setting.Raw.Kind : ScalarKind.Text;
        return kind == ScalarKind.Number && !JsonNumber.IsMatch(setting.Value) ? ScalarKind.Text : kind;
    }
}
