using System.Globalization;
using System.Text;
using System.Text.Json;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Documents;

/// <summary>JSON with comments and trailing commas, as people keep settings files.</summary>
internal readonly ref struct JsonReader
{
    private readonly DocumentTree _tree;
    private readonly TextPositions _positions;

    private JsonReader(DocumentTree tree, TextPositions positions)
    {
        _tree = tree;
        _positions = positions;
    }

    internal static JsonReaderOptions Options { get; } = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = ConfigLimits.NestingDepth,
    };

    public static ConfigNode Read(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var tree = new DocumentTree();
        var positions = new TextPositions(utf8);
        var reader = new Utf8JsonReader(utf8, Options);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                var (line, column) = positions.At(reader.TokenStartIndex);
                throw DocumentTree.Malformed("The top of the document must be an object.", "Put the settings between { and }.", line, column);
            }

            new JsonReader(tree, positions).ReadObject(ref reader, tree.Root);
            while (reader.Read())
            {
                // Reads to the end, so that text after the object is found.
            }
        }
        catch (JsonException e)
        {
            throw Malformed(positions, e);
        }
        catch (InvalidOperationException e)
        {
            // Half of a surrogate pair: well-formed JSON, but not text.
            var (line, column) = positions.At(reader.TokenStartIndex);
            throw DocumentTree.Malformed("A text holds an incomplete \\u escape.", "Write both halves of the surrogate pair.", line, column, e);
        }

        return tree.Finish();
    }

    internal static ConfigException Malformed(TextPositions positions, JsonException e)
    {
        var (line, column) = positions.At(e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
        return DocumentTree.Malformed($"The JSON is malformed: {Reason(e)}", "Correct the document at this place.", line, column, e);
    }

    /// <summary>The reader's sentence without the position that it appends in its own way of counting.</summary>
    private static string Reason(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var sentence = end < 0 ? e.Message : e.Message[..end];
        return sentence.Contains("isFinalBlock", StringComparison.Ordinal) ? "It is empty." : sentence;
    }

    private void ReadObject(ref Utf8JsonReader reader, ConfigNode node)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var (line, column) = _positions.At(reader.TokenStartIndex);
            var child = DocumentTree.Descend(node, reader.GetString()!, line, column);
            reader.Read();
            ReadValue(ref reader, child, line, column);
        }
    }

    private void ReadList(ref Utf8JsonReader reader, ConfigNode node)
    {
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            var (line, column) = _positions.At(reader.TokenStartIndex);
            ReadValue(ref reader, node.Child(i.ToString(CultureInfo.InvariantCulture)), line, column);
        }
    }

    private void ReadValue(ref Utf8JsonReader reader, ConfigNode node, int line, int column)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                ReadObject(ref reader, node);
                break;
            case JsonTokenType.StartArray:
                DocumentTree.BeginList(node, line, column);
                ReadList(ref reader, node);
                break;
            case JsonTokenType.String:
                _tree.SetValue(node, reader.GetString()!, ScalarKind.Text, line, column);
                break;
            case JsonTokenType.Number:
                _tree.SetValue(node, Encoding.UTF8.GetString(reader.ValueSpan), ScalarKind.Number, line, column);
                break;
            case JsonTokenType.True:
                _tree.SetValue(node, "true", ScalarKind.Boolean, line, column);
                break;
            case JsonTokenType.False:
                _tree.SetValue(node, "false", ScalarKind.Boolean, line, column);
                break;
            default:
                _tree.SetValue(node, "", ScalarKind.Null, line, column);
                break;
        }
    }
}
