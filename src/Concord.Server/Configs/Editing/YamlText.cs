using System.Text.RegularExpressions;

namespace Concord.Server.Configs.Editing;

/// <summary>Texts as YAML: plain where every reader takes them for a text, else quoted as in JSON (YAML 1.2.2, section 1.3).</summary>
internal static partial class YamlText
{
    public static string Name(string text) => IsPlain(text) ? text : Quote(text);

    public static string Quote(string text) => QuotedText.Of(text);

    public static bool IsPlain(string text) => Plain().IsMatch(text) && !Keyword().IsMatch(text);

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_./-]*\z")]
    private static partial Regex Plain();

    [GeneratedRegex(@"\A(true|false|null|yes|no|on|off|y|n)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Keyword();
}
