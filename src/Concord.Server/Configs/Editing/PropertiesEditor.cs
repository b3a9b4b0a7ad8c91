using System.Text;
using Concord.Server.Configs.Documents;

namespace Concord.Server.Configs.Editing;

/// <summary>Edits .properties documents line by line.</summary>
internal static class PropertiesEditor
{
    public static string Set(string text, string key, string value)
    {
        foreach (var line in new PropertiesLines(text))
        {
            if (KeyText.Identity.Equals(KeyOf(line), KeyText.Normalise(key)) || KeyText.Identity.Equals(KeyOf(line), key))
            {
                var before = text[..line.ValueStart];
                var separated = line.ValueStart > line.KeyStart && text[line.ValueStart - 1] is '=' or ':' or ' ' or '\t' or '\f';
                return before + (separated ? "" : "=") + EscapeValue(value) + text[line.ValueEnd..];
            }
        }

        var newline = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var end = text.Length == 0 || text[^1] is '\n' or '\r' ? text : text + newline;
        return end + EscapeKey(KeyText.Normalise(key)) + "=" + EscapeValue(value) + newline;
    }

    public static string Remove(string text, string key)
    {
        var wanted = KeyText.Normalise(key);
        var output = new StringBuilder();
        var kept = 0;
        foreach (var line in new PropertiesLines(text))
        {
            var found = KeyOf(line);
            if (KeyText.Identity.Equals(found, wanted) || found.StartsWith(wanted + KeyText.Separator, StringComparison.OrdinalIgnoreCase))
            {
                output.Append(text, kept, line.Start - kept);
                kept = line.End;
            }
        }

        return kept == 0 ? throw DocumentEditor.NotThere(key) : output.Append(text, kept, text.Length - kept).ToString();
    }

    /// <summary>A key in the document's syntax: dots between parts, numbers as indices, everything special escaped.</summary>
    public static string EscapeKey(string key)
    {
        var output = new StringBuilder();
        foreach (var part in key.Split(KeyText.Separator))
        {
            if (output.Length > 0 && part.All(char.IsAsciiDigit))
            {
                output.Append('[').Append(part).Append(']');
                continue;
            }

            if (output.Length > 0)
            {
                output.Append('.');
            }

            EscapePart(part, output);
        }

        return output.ToString();
    }

    public static void EscapePart(string part, StringBuilder output)
    {
        foreach (var c in part)
        {
            if (c is '.' or '=' or ':' or ' ' or '\\' or '[' or ']' or '#' or '!')
            {
                output.Append('\\');
            }

            output.Append(c);
        }
    }

    public static string EscapeValue(string value)
    {
        var output = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            output.Append(c switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\f' => "\\f",
                ' ' when i == 0 => "\\ ",
                _ => null,
            } ?? c.ToString());
        }

        return output.ToString();
    }

    private static string KeyOf(PropertiesLine line) => string.Join(KeyText.Separator, line.Key.Select(static segment => segment.Name));
}
