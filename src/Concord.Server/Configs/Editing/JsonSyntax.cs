using System.Text.Json;
using Concord.Server.Configs.Documents;

namespace Concord.Server.Configs.Editing;

/// <summary>Where the parts of a JSON document stand, in bytes of its UTF-8 text.</summary>
internal sealed class JsonSyntax
{
    private JsonSyntax(JsonTokenType kind, int start)
    {
        Kind = kind;
        Start = start;
    }

    public JsonTokenType Kind { get; }

    public int Start { get; }

    /// <summary>Behind the last byte.</summary>
    public int End { get; private set; }

    /// <summary>Of an object or an array, in order; elements of arrays have no name.</summary>
    public List<Member> Members { get; } = [];

    public readonly record struct Member(string Name, int Start, JsonSyntax Value);

    public static JsonSyntax Read(byte[] utf8)
    {
        var reader = new Utf8JsonReader(utf8, JsonReader.Options);
        try
        {
            reader.Read();
            var top = ReadValue(ref reader);
            while (reader.Read())
            {
                // To the end, so that text behind the value is found.
            }

            return top;
        }
        catch (JsonException e)
        {
            throw JsonReader.Malformed(new TextPositions(utf8), e);
        }
    }

    /// <summary>The first comma from <paramref name="at"/> on that is not in a comment, before <paramref name="end"/>; or -1.</summary>
    public static int FindComma(ReadOnlySpan<byte> utf8, int at, int end)
    {
        while (at < end)
        {
            if (utf8[at] == (byte)',')
            {
                return at;
            }

            if (utf8[at..].StartsWith("//"u8))
            {
                var newline = utf8[at..].IndexOf((byte)'\n');
                at = newline < 0 ? end : at + newline;
            }
            else if (utf8[at..].StartsWith("/*"u8))
            {
                at += 2 + utf8[(at + 2)..].IndexOf("*/"u8) + 2;
            }
            else
            {
                at++;
            }
        }

        return -1;
    }

    /// <summary>Behind the comments that follow <paramref name="at"/> on its line; <paramref name="at"/> if there are none.</summary>
    public static int SkipComments(ReadOnlySpan<byte> utf8, int at, int end)
    {
        var behind = at;
        while (true)
        {
            while (at < end && utf8[at] is (byte)' ' or (byte)'\t')
            {
                at++;
            }

            if (utf8[at..end].StartsWith("//"u8))
            {
                var line = utf8[at..end].IndexOfAny("\r\n"u8);
                return line < 0 ? end : at + line;
            }

            var length = utf8[at..end].StartsWith("/*"u8) ? utf8[(at + 2)..end].IndexOf("*/"u8) : -1;
            if (length < 0 || utf8.Slice(at, length).Contains((byte)'\n'))
            {
                return behind;
            }

            behind = at += length + 4;
        }
    }

    private static JsonSyntax ReadValue(ref Utf8JsonReader reader)
    {
        var node = new JsonSyntax(reader.TokenType, (int)reader.TokenStartIndex);
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var (name, start) = (reader.GetString()!, (int)reader.TokenStartIndex);
                reader.Read();
                node.Members.Add(new(name, start, ReadValue(ref reader)));
            }
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                node.Members.Add(new("", start, ReadValue(ref reader)));
            }
        }

        node.End = (int)reader.BytesConsumed;
        return node;
    }
}
