using System.Globalization;
using System.Text;
using System.Text.Json;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Editing;

/// <summary>Edits JSON documents by cutting and inserting at the positions of their tokens.</summary>
internal static class JsonEditor
{
    public static string Set(string text, string key, string value)
    {
        var utf8 = Encoding.UTF8.GetBytes(string.IsNullOrWhiteSpace(text) ? "{\n}\n" : text);
        var top = JsonSyntax.Read(utf8);
        var place = Find(top, key);
        if (place.Rest.Length > 0 && KeyText.Normalise(key) is var dotted && dotted != key)
        {
            place = Find(top, dotted);
        }

        return place.Rest.Length == 0 ? Replace(utf8, place.Node, key, value) : Insert(utf8, place, key, value);
    }

    public static string Remove(string text, string key)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var top = JsonSyntax.Read(utf8);
        var place = Find(top, key);
        if (place.Rest.Length > 0)
        {
            place = Find(top, KeyText.Normalise(key));
        }

        return place is { Rest.Length: 0, Parent: not null } ? Cut(utf8, place.Parent, place.Node) : throw DocumentEditor.NotThere(key);
    }

    /// <param name="Node">The deepest value on the way to the key.</param>
    /// <param name="Rest">The parts of the key that are not there yet.</param>
    private readonly record struct Place(JsonSyntax? Parent, JsonSyntax Node, string[] Rest, int Depth);

    private static Place Find(JsonSyntax top, string key)
    {
        var (parent, node, rest, depth) = ((JsonSyntax?)null, top, key.Split(KeyText.Separator), 0);
        while (rest.Length > 0)
        {
            var (next, used) = node.Kind == JsonTokenType.StartArray ? Element(node, rest[0]) : Member(node, rest);
            if (next is null)
            {
                break;
            }

            (parent, node, rest, depth) = (node, next, rest[used..], depth + 1);
        }

        return new(parent, node, rest, depth);
    }

    /// <summary>The member with the longest name that the key begins with: names may hold ':' themselves.</summary>
    private static (JsonSyntax?, int) Member(JsonSyntax node, string[] rest)
    {
        for (var used = rest.Length; used > 0; used--)
        {
            var name = string.Join(KeyText.Separator, rest[..used]);
            foreach (var member in node.Members)
            {
                if (KeyText.Identity.Equals(member.Name, name))
                {
                    return (member.Value, used);
                }
            }
        }

        return (null, 0);
    }

    private static (JsonSyntax?, int) Element(JsonSyntax node, string index) =>
        int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < node.Members.Count ? (node.Members[at].Value, 1) : (null, 0);

    private static string Replace(byte[] utf8, JsonSyntax node, string key, string value) => node.Kind switch
    {
        JsonTokenType.StartObject or JsonTokenType.StartArray => throw DocumentEditor.CannotEdit($"'{ConfigNames.Shorten(key)}' is a group of settings, not a value.", "set"),
        JsonTokenType.Number when JsonNumber.IsMatch(value) => Splice(utf8, node.Start, node.End, value),
        JsonTokenType.True or JsonTokenType.False when value is "true" or "false" => Splice(utf8, node.Start, node.End, value),
        _ => Splice(utf8, node.Start, node.End, QuotedText.Of(value)),
    };

    private static string Insert(byte[] utf8, Place place, string key, string value)
    {
        var (node, rest) = (place.Node, place.Rest);
        if (node.Kind is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            throw DocumentEditor.CannotEdit($"'{ConfigNames.Shorten(key)}' lies below a value.", "set");
        }

        var isArray = node.Kind == JsonTokenType.StartArray;
        if (isArray && rest[0] != node.Members.Count.ToString(CultureInfo.InvariantCulture))
        {
            throw DocumentEditor.CannotEdit($"'{ConfigNames.Shorten(key)}' is not the next element of its list.", "set");
        }

        var closing = Indent(utf8, node.Start);
        var unit = Unit(utf8);
        var indent = node.Members.Count > 0 ? Indent(utf8, node.Members[^1].Start) : closing + unit;
        var newline = utf8.AsSpan().IndexOf("\r\n"u8) >= 0 ? "\r\n" : "\n";
        var nested = Nest(rest[1..], value, indent, unit, newline);
        var member = isArray ? nested : $"{QuotedText.Of(rest[0])}: {nested}";
        return IsOnOneLine(utf8, node) ? InsertInLine(utf8, node, member, isArray) : InsertLine(utf8, node, newline + indent + member, newline + closing);
    }

    /// <summary>Behind the last member, whose comma may already be there, and the comment that stands on its line.</summary>
    private static string InsertLine(byte[] utf8, JsonSyntax node, string line, string closing)
    {
        if (node.Members.Count == 0)
        {
            // The comments of an object without members stay above the new one.
            var end = node.End - 1;
            while (utf8[end - 1] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                end--;
            }

            return Splice(utf8, end, node.End - 1, line + closing);
        }

        var last = node.Members[^1].Value.End;
        var comma = JsonSyntax.FindComma(utf8, last, node.End - 1);
        var at = JsonSyntax.SkipComments(utf8, comma >= 0 ? comma + 1 : last, node.End - 1);
        return comma >= 0 ? Splice(utf8, at, at, line + ",") : Splice(utf8, last, at, "," + Encoding.UTF8.GetString(utf8, last, at - last) + line);
    }

    private static string InsertInLine(byte[] utf8, JsonSyntax node, string member, bool isArray)
    {
        if (node.Members.Count == 0)
        {
            return Splice(utf8, node.Start + 1, node.End - 1, isArray ? member : $" {member} ");
        }

        var last = node.Members[^1].Value.End;
        return Splice(utf8, last, last, ", " + member);
    }

    /// <summary>What stands below a name: a list if it begins with element 0, which then replaces the list of a lower layer.</summary>
    private static string Nest(string[] rest, string value, string indent, string unit, string newline) => rest switch
    {
        [] => QuotedText.Of(value),
        ["0", .. var inner] => $"[{newline}{indent}{unit}{Nest(inner, value, indent + unit, unit, newline)}{newline}{indent}]",
        [var name, .. var inner] => $"{{{newline}{indent}{unit}{QuotedText.Of(name)}: {Nest(inner, value, indent + unit, unit, newline)}{newline}{indent}}}",
    };

    /// <summary>Cuts one member with its comma, and its line with the comment behind it if no other member stands there.</summary>
    private static string Cut(byte[] utf8, JsonSyntax parent, JsonSyntax node)
    {
        var index = parent.Members.FindIndex(member => member.Value == node);
        var (start, end) = (parent.Members[index].Start, node.End);
        var limit = index + 1 < parent.Members.Count ? parent.Members[index + 1].Start : parent.End - 1;
        var comma = JsonSyntax.FindComma(utf8, end, limit);
        var previous = -1;
        if (comma >= 0)
        {
            end = comma + 1;
        }
        else if (index > 0)
        {
            previous = JsonSyntax.FindComma(utf8, parent.Members[index - 1].Value.End, start);
        }

        var lineStart = start;
        while (lineStart > 0 && utf8[lineStart - 1] is (byte)' ' or (byte)'\t')
        {
            lineStart--;
        }

        var blank = SkipBlanks(utf8, end);
        var lineEnd = SkipBlanks(utf8, JsonSyntax.SkipComments(utf8, end, utf8.Length));
        if (lineStart > 0 && utf8[lineStart - 1] == (byte)'\n' && lineEnd < utf8.Length && utf8[lineEnd] == (byte)'\n')
        {
            (start, end) = (lineStart, lineEnd + 1);
        }
        else if (comma >= 0)
        {
            end = blank;
        }
        else if (previous >= 0)
        {
            start = lineStart;
        }

        var cut = utf8.AsSpan(0, start).ToArray().Concat(utf8[end..]).ToArray();
        return previous < 0 ? Encoding.UTF8.GetString(cut) : Splice(cut, previous, previous + 1, "");
    }

    private static string Splice(byte[] utf8, int start, int end, string text) =>
        Encoding.UTF8.GetString(utf8, 0, start) + text + Encoding.UTF8.GetString(utf8, end, utf8.Length - end);

    private static int SkipBlanks(byte[] utf8, int at)
    {
        while (at < utf8.Length && utf8[at] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            at++;
        }

        return at;
    }

    private static bool IsOnOneLine(byte[] utf8, JsonSyntax node) =>
        utf8.AsSpan(node.Start, node.End - node.Start).IndexOf((byte)'\n') < 0 && (node.Members.Count > 0 || node.Kind == JsonTokenType.StartArray);

    /// <summary>The white space that the line of this place begins with.</summary>
    private static string Indent(byte[] utf8, int at)
    {
        var line = utf8.AsSpan(0, at).LastIndexOf((byte)'\n') + 1;
        var end = line;
        while (end < at && utf8[end] is (byte)' ' or (byte)'\t')
        {
            end++;
        }

        return Encoding.UTF8.GetString(utf8, line, end - line);
    }

    /// <summary>One step of indentation, as the first indented line has it.</summary>
    private static string Unit(byte[] utf8)
    {
        for (var i = 0; i + 1 < utf8.Length; i++)
        {
            if (utf8[i] == (byte)'\n' && utf8[i + 1] is (byte)' ' or (byte)'\t')
            {
                var end = i + 1;
                while (end < utf8.Length && utf8[end] is (byte)' ' or (byte)'\t')
                {
                    end++;
                }

                return Encoding.UTF8.GetString(utf8, i + 1, end - i - 1);
            }
        }

        return "  ";
    }
}
