using System.Globalization;
using System.Text;

namespace Concord.Server.Configs.Editing;

/// <summary>
/// A text in double quotes as JSON and YAML both read it. Characters of all scripts stay as they are, for documents are
/// read by people; escaped are what the quotes need, control characters, and the line breaks that only YAML knows.
/// </summary>
internal static class QuotedText
{
    public static string Of(string text)
    {
        var output = new StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                output.Append(text, i++, 2);
            }
            else
            {
                Append(text[i], output);
            }
        }

        return output.Append('"').ToString();
    }

    private static void Append(char c, StringBuilder output)
    {
        var escape = c switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\b' => "\\b",
            '\f' => "\\f",
            _ when char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' or '\uFEFF' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            _ => null,
        };
        if (escape is null)
        {
            output.Append(c);
        }
        else
        {
            output.Append(escape);
        }
    }
}
