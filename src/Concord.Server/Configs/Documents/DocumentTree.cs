using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Documents;

/// <summary>
/// Builds the tree of one document for all readers: splits names at ':', counts against the limits, and refuses a key
/// that is written twice (which of the two wins differs from format to format, so it is nearly always a mistake).
/// </summary>
internal sealed class DocumentTree
{
    private int _keys;

    public ConfigNode Root { get; } = new("");

    public void SetValue(ConfigNode node, string text, ScalarKind kind, int line, int column)
    {
        if (node.Value is { } first)
        {
            throw Malformed($"The key '{node.Name}' is written twice (first in line {first.Line}).", "Remove one of the two; keys that differ only in case are the same key.", line, column);
        }

        Count(line, column);
        node.Value = new(text, kind, line, column);
    }

    /// <summary>Marks a node as a list, which must be new.</summary>
    public static void BeginList(ConfigNode node, int line, int column)
    {
        if (node.IsList || node.Value is not null || node.Children.Count > 0)
        {
            throw Malformed($"The key '{node.Name}' is written twice.", "Remove one of the two.", line, column);
        }

        node.IsList = true;
    }

    /// <summary>The node that a name of an object leads to; <c>a:b</c> is <c>b</c> in <c>a</c>, as .NET's keys are.</summary>
    public static ConfigNode Descend(ConfigNode parent, string name, int line, int column)
    {
        var node = parent;
        var rest = name.AsSpan();
        while (true)
        {
            var colon = rest.IndexOf(KeyText.Separator);
            var segment = colon < 0 ? rest : rest[..colon];
            CheckSegment(name, segment, line, column);
            node = node.Child(segment.ToString());
            if (colon < 0)
            {
                return node;
            }

            rest = rest[(colon + 1)..];
        }
    }

    public static void CheckDepth(int depth, int line, int column)
    {
        if (depth > ConfigLimits.NestingDepth)
        {
            throw TooLarge($"The document is nested deeper than {ConfigLimits.NestingDepth} levels.", "Make it flatter.", line, column);
        }
    }

    /// <summary>Checks what can only be known at the end.</summary>
    public ConfigNode Finish()
    {
        Check(Root, "", 0);
        return Root;
    }

    public static ConfigException Malformed(string message, string remedy, int line, int column, Exception? inner = null) =>
        new(new ConfigError(ConfigErrorCode.MalformedDocument, message, DocumentField, remedy) { Line = line, Column = column }, inner);

    public static ConfigException TooLarge(string message, string remedy, int line = 0, int column = 0) =>
        new(new ConfigError(ConfigErrorCode.TooLarge, message, DocumentField, remedy) { Line = line, Column = column });

    internal const string DocumentField = "document.content";

    private static void CheckSegment(string name, ReadOnlySpan<char> segment, int line, int column)
    {
        if (segment.IsEmpty)
        {
            throw Malformed($"'{ConfigNames.Shorten(name)}' has an empty part.", "Name every part of a key; parts are separated by ':'.", line, column);
        }

        foreach (var c in segment)
        {
            if (char.IsControl(c))
            {
                throw Malformed($"A key holds the control character U+{(int)c:X4}.", "Remove it from the key.", line, column);
            }
        }
    }

    private void Count(int line, int column)
    {
        if (++_keys > ConfigLimits.KeysPerDocument)
        {
            throw TooLarge($"The document has more than {ConfigLimits.KeysPerDocument} keys.", "Divide it into several configurations.", line, column);
        }
    }

    private static void Check(ConfigNode node, string key, int depth)
    {
        var (line, column) = (node.Value?.Line ?? 0, node.Value?.Column ?? 0);
        CheckDepth(depth, line, column);
        if (key.Length > ConfigLimits.KeyCharacters)
        {
            throw TooLarge($"The key '{ConfigNames.Shorten(key)}' has {key.Length} characters; at most {ConfigLimits.KeyCharacters} are allowed.", "Shorten its parts.", line, column);
        }

        if (node is { IsList: true, Value: not null })
        {
            throw Malformed($"'{key}' is a list and has a value.", "Give it one or the other.", line, column);
        }

        if (node.IsList)
        {
            CheckList(node, key);
        }

        foreach (var child in node.Children)
        {
            Check(child, KeyText.Join(key, child.Name), depth + 1);
        }
    }

    private static void CheckList(ConfigNode node, string key)
    {
        for (var i = 0; i < node.Children.Count; i++)
        {
            if (!node.TryGet(i.ToString(System.Globalization.CultureInfo.InvariantCulture), out _))
            {
                var line = node.Children.First().Value?.Line ?? 0;
                throw Malformed($"The list '{key}' has no element {i}.", "Write the whole list from element 0 on: a list replaces the list of a lower layer as a whole.", line, line == 0 ? 0 : 1);
            }
        }
    }
}
