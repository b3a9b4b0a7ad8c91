using System.Text.RegularExpressions;

namespace Concord.Server.Configs.Documents;

/// <summary>Numbers as JSON writes them (RFC 8259, section 6); only these are numbers in a rendered document.</summary>
internal static partial class JsonNumber
{
    public static bool IsMatch(string text) => text.Length is > 0 and <= 64 && Number().IsMatch(text);

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
