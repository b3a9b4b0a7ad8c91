using System.Globalization;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using YamlDotNet.Core;

namespace Concord.Server.Configs.Editing;

/// <summary>
/// Edits YAML where that is safe without rewriting it: sets values that stand on one line, adds to block mappings and block
/// lists, removes what has its lines to itself. Everything else (block texts, aliases, flow mappings) is refused.
/// </summary>
internal static class YamlEditor
{
    public static string Set(string text, string key, string value)
    {
        var newline = NewLine(text);
        if (YamlSyntax.Read(text, "set") is not { } top)
        {
            var head = text.Length == 0 || text.EndsWith('\n') ? text : text + newline;
            return head + Lines(KeyText.Normalise(key).Split(KeyText.Separator), value, "", newline) + newline;
        }

        var (way, node, rest) = Find(top, key);
        return rest.Length == 0 ? Replace(text, node, key, value)
            : node.IsEmptyPlace && way.Count > 0 && way[^1].Node.IsBlockMapping ? Fill(text, way[^1].Member, rest, value, newline)
            : Append(text, node, rest, key, value, newline);
    }

    /// <summary>Removes the lines of a key, and of the groups that would be empty without it.</summary>
    public static string Remove(string text, string key)
    {
        if (YamlSyntax.Read(text, "remove") is not { } top || Find(top, key) is not { Missing.Length: 0, Way: { Count: > 0 } way })
        {
            throw DocumentEditor.NotThere(key);
        }

        var at = way.Count - 1;
        while (at > 0 && way[at].Node.Members.Count == 1 && way[at].Node.IsBlockMapping)
        {
            at--;
        }

        var (parent, member) = way[at];
        var start = LineStart(text, (int)member.Start.Index);
        var end = LineEnd(text, LastCharacter(text, member));
        if (!parent.IsBlockMapping || text.AsSpan(start, (int)member.Start.Index - start).Trim(' ').Length > 0 || !IsBlank(text.AsSpan(LastCharacter(text, member), end - LastCharacter(text, member))))
        {
            throw DocumentEditor.CannotEdit($"'{ConfigNames.Shorten(key)}' does not have its lines to itself.", "remove");
        }

        return text[..start] + text[end..];
    }

    private static (List<(YamlSyntax Node, YamlSyntax.Member Member)> Way, YamlSyntax Last, string[] Missing) Find(YamlSyntax top, string key)
    {
        var found = top.Find(key);
        return found.Missing.Length > 0 && KeyText.Normalise(key) is var dotted && dotted != key ? top.Find(dotted) : found;
    }

    private static string Replace(string text, YamlSyntax node, string key, string value)
    {
        if (node.Scalar is not { Style: ScalarStyle.Plain or ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted } scalar || scalar.Start.Line != scalar.End.Line || !scalar.Anchor.IsEmpty || !scalar.Tag.IsEmpty)
        {
            throw DocumentEditor.CannotEdit($"The value of '{ConfigNames.Shorten(key)}' is not a text on one line.", "set");
        }

        var (start, end) = ((int)scalar.Start.Index, (int)scalar.End.Index);
        var keepsKind = scalar.Style == ScalarStyle.Plain && ((JsonNumber.IsMatch(scalar.Value) && JsonNumber.IsMatch(value)) || (scalar.Value is "true" or "false" && value is "true" or "false"));
        var written = keepsKind ? value : scalar.Style == ScalarStyle.Plain ? YamlText.Name(value) : YamlText.Quote(value);
        var space = start > 0 && text[start - 1] is ':' or '-' ? " " : "";
        return text[..start] + space + written + text[end..];
    }

    /// <summary>Below a key that has nothing behind it.</summary>
    private static string Fill(string text, YamlSyntax.Member member, string[] rest, string value, string newline)
    {
        var indent = new string(' ', (int)member.Start.Column + 1);
        return Insert(text, LineEnd(text, (int)member.Value.Start.Index), Below(rest, value, indent, newline), newline);
    }

    private static string Append(string text, YamlSyntax node, string[] rest, string key, string value, string newline)
    {
        string lines;
        if (node is { IsBlockMapping: true, Members.Count: > 0 })
        {
            lines = Lines(rest, value, new string(' ', (int)node.Members[0].Start.Column - 1), newline);
        }
        else if (node is { IsBlockSequence: true, Members.Count: > 0 } && rest is [var index] && index == node.Members.Count.ToString(CultureInfo.InvariantCulture))
        {
            lines = $"{new string(' ', (int)node.Start.Column - 1)}- {YamlText.Quote(value)}";
        }
        else
        {
            throw DocumentEditor.CannotEdit($"'{ConfigNames.Shorten(key)}' does not lie in a block mapping, and is not the next element of a block list.", "set");
        }

        var end = node.Members[^1].Value.End;
        return Insert(text, end > 0 && text[end - 1] == '\n' ? end : LineEnd(text, end), lines, newline);
    }

    private static string Insert(string text, int at, string lines, string newline) =>
        text[..at] + (at > 0 && text[at - 1] != '\n' ? newline : "") + lines + newline + text[at..];

    private static string Lines(string[] rest, string value, string indent, string newline)
    {
        var name = YamlText.Name(rest[0]);
        return rest.Length == 1
            ? $"{indent}{name}: {YamlText.Quote(value)}"
            : $"{indent}{name}:{newline}{Below(rest[1..], value, indent + "  ", newline)}";
    }

    /// <summary>What stands below a key: a list if it begins with element 0, which then replaces the list of a lower layer.</summary>
    private static string Below(string[] rest, string value, string indent, string newline) => rest switch
    {
        ["0"] => $"{indent}- {YamlText.Quote(value)}",
        ["0", .. var inner] => $"{indent}- {Lines(inner, value, indent + "  ", newline).TrimStart()}",
        _ => Lines(rest, value, indent, newline),
    };

    private static string NewLine(string text) => text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    private static int LineStart(string text, int at) => text.AsSpan(0, at).LastIndexOf('\n') + 1;

    /// <summary>Behind the line break, or the end of the text.</summary>
    private static int LineEnd(string text, int at)
    {
        var newline = text.IndexOf('\n', at);
        return newline < 0 ? text.Length : newline + 1;
    }

    /// <summary>
    /// Behind what a member holds. The parser ends block texts and empty places only where it finds something else; the
    /// white space until there belongs to nobody.
    /// </summary>
    private static int LastCharacter(string text, YamlSyntax.Member member)
    {
        var end = member.Value.End;
        while (end > 0 && text[end - 1] is ' ' or '\t' or '\r' or '\n')
        {
            end--;
        }

        return end;
    }

    /// <summary>Nothing, or a comment: what the rest of a line may hold.</summary>
    private static bool IsBlank(ReadOnlySpan<char> rest) => rest.Trim() is var trimmed && (trimmed.IsEmpty || trimmed[0] == '#');
}
