using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using ScalarEvent = YamlDotNet.Core.Events.Scalar;

namespace Concord.Server.Configs.Editing;

/// <summary>
/// Edits YAML where that is safe without rewriting it: sets values that stand on one line, and adds keys to block
/// mappings. Everything else (block texts, aliases, flow mappings, removing) is refused.
/// </summary>
internal static class YamlEditor
{
    public static string Set(string text, string key, string value)
    {
        try
        {
            return Edit(text, key, value);
        }
        catch (YamlException e)
        {
            throw DocumentTree.Malformed($"The YAML is malformed: {e.Message}", "Correct the document, then edit it.", (int)e.Start.Line, (int)e.Start.Column, e);
        }
    }

    private static string Edit(string text, string key, string value)
    {
        var newline = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        if (ReadTop(text) is not { } top)
        {
            var head = text.Length == 0 || text.EndsWith('\n') ? text : text + newline;
            return head + Lines(KeyText.Normalise(key).Split(KeyText.Separator), value, "", newline) + newline;
        }

        var (node, rest) = Find(top, key.Split(KeyText.Separator));
        if (rest.Length > 0 && KeyText.Normalise(key) != key)
        {
            (node, rest) = Find(top, KeyText.Normalise(key).Split(KeyText.Separator));
        }

        return rest.Length == 0 ? Replace(text, node, key, value) : Append(text, node, rest, key, value, newline);
    }

    private static (Node, string[]) Find(Node node, string[] rest)
    {
        while (rest.Length > 0)
        {
            Node? next = null;
            var used = rest.Length;
            for (; used > 0 && next is null; used--)
            {
                var name = string.Join(KeyText.Separator, rest[..used]);
                next = node.Members.Find(member => KeyText.Identity.Equals(member.Name, name)).Value;
            }

            if (next is null)
            {
                break;
            }

            (node, rest) = (next, rest[(used + 1)..]);
        }

        return (node, rest);
    }

    private static string Replace(string text, Node node, string key, string value)
    {
        if (node.Scalar is not { Style: ScalarStyle.Plain or ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted } scalar || scalar.Start.Line != scalar.End.Line || !scalar.Anchor.IsEmpty || !scalar.Tag.IsEmpty)
        {
            throw DocumentEditor.CannotEdit($"The value of '{ConfigNames.Shorten(key)}' is not a text on one line.", "set");
        }

        var (start, end) = ((int)scalar.Start.Index, (int)scalar.End.Index);
        var keepsKind = scalar.Style == ScalarStyle.Plain && ((JsonNumber.IsMatch(scalar.Value) && JsonNumber.IsMatch(value)) || (scalar.Value is "true" or "false" && value is "true" or "false"));
        var written = keepsKind ? value : scalar.Style == ScalarStyle.Plain ? YamlText.Name(value) : YamlText.Quote(value);
        var space = start > 0 && text[start - 1] == ':' ? " " : "";
        return text[..start] + space + written + text[end..];
    }

    private static string Append(string text, Node node, string[] rest, string key, string value, string newline)
    {
        if (node.Scalar is not null || !node.IsBlockMapping || node.Members.Count == 0)
        {
            throw DocumentEditor.CannotEdit($"'{ConfigNames.Shorten(key)}' does not lie in a block mapping.", "set");
        }

        var indent = new string(' ', (int)node.Members[0].Start.Column - 1);
        var lines = Lines(rest, value, indent, newline);
        var end = (int)node.Members[^1].Value.End.Index;
        if (end > 0 && text[end - 1] == '\n')
        {
            return text[..end] + lines + newline + text[end..];
        }

        var lineEnd = text.IndexOf('\n', end);
        return lineEnd < 0 ? text + newline + lines + newline : text[..(lineEnd + 1)] + lines + newline + text[(lineEnd + 1)..];
    }

    private static string Lines(string[] rest, string value, string indent, string newline)
    {
        var name = YamlText.Name(rest[0]);
        return rest.Length == 1
            ? $"{indent}{name}: {YamlText.Quote(value)}"
            : $"{indent}{name}:{newline}{Lines(rest[1..], value, indent + "  ", newline)}";
    }

    /// <summary>The top mapping, or null for a document without one.</summary>
    private static Node? ReadTop(string text)
    {
        var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _) || parser.Accept<ScalarEvent>(out var scalar) && scalar.Value.Length == 0)
        {
            return null;
        }

        return ReadNode(parser, 0);
    }

    private static Node ReadNode(Parser parser, int depth)
    {
        var start = parser.Current!;
        DocumentTree.CheckDepth(depth, (int)start.Start.Line, (int)start.Start.Column);
        var node = new Node { IsBlockMapping = start is MappingStart { Style: MappingStyle.Block }, Scalar = start as ScalarEvent };
        parser.MoveNext();
        switch (start)
        {
            case MappingStart:
                while (!parser.Accept<MappingEnd>(out _))
                {
                    var key = parser.Current!;
                    var name = (ReadNode(parser, depth + 1).Scalar ?? throw DocumentEditor.CannotEdit("A key of the document is not a text.", "set")).Value;
                    node.Members.Add((name, key.Start, ReadNode(parser, depth + 1)));
                }

                node.End = node.IsBlockMapping && node.Members.Count > 0 ? node.Members[^1].Value.End : parser.Current!.End;
                parser.MoveNext();
                break;
            case SequenceStart { Style: var style }:
                while (!parser.Accept<SequenceEnd>(out _))
                {
                    var index = node.Members.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
                    node.Members.Add((index, parser.Current!.Start, ReadNode(parser, depth + 1)));
                }

                node.End = style == SequenceStyle.Flow || node.Members.Count == 0 ? parser.Current!.End : node.Members[^1].Value.End;
                parser.MoveNext();
                break;
            default:
                node.End = start.End;
                break;
        }

        return node;
    }

    private sealed class Node
    {
        public bool IsBlockMapping { get; init; }

        public ScalarEvent? Scalar { get; init; }

        public List<(string Name, Mark Start, Node Value)> Members { get; } = [];

        public Mark End { get; set; } = Mark.Empty;
    }
}
