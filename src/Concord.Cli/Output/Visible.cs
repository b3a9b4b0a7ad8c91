using System.Globalization;
using System.Text;

namespace Concord.Cli.Output;

/// <summary>
/// Text as it may be shown on a terminal: control characters as escapes, so that a stored value can neither move the
/// cursor nor break a table.
/// </summary>
internal static class Visible
{
    public static string Of(string text)
    {
        if (!text.Any(NeedsEscape))
            return text;

        var visible = new StringBuilder(text.Length + 8);
        foreach (var character in text)
            Append(visible, character);
        return visible.ToString();
    }

    private static bool NeedsEscape(char character) => char.IsControl(character) || IsDirectional(character);

    /// <summary>Marks that change the direction of writing can make a value look like another one.</summary>
    private static bool IsDirectional(char character) =>
        character is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static void Append(StringBuilder visible, char character)
    {
        switch (character)
        {
            case '\n':
                visible.Append("\\n");
                break;
            case '\r':
                visible.Append("\\r");
                break;
            case '\t':
                visible.Append("\\t");
                break;
            case var _ when NeedsEscape(character):
                visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
                break;
            default:
                visible.Append(character);
                break;
        }
    }
}
