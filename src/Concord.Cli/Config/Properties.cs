using System.Globalization;
using System.Text;

namespace Concord.Cli.Config;

/// <summary>Settings as lines of a .properties file, with dots between the parts of a key.</summary>
internal static class Properties
{
    public static void Write(TextWriter writer, IReadOnlyList<KeyValuePair<string, string>> settings)
    {
        foreach (var (key, value) in settings)
            writer.Write($"{Escape(key.Replace(':', '.'), isKey: true)}={Escape(value, isKey: false)}\n");
    }

    private static string Escape(string text, bool isKey)
    {
        var escaped = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            // A value may hold blanks and separators; only a blank at its start would be taken for layout.
            var special = isKey ? text[i] is ' ' or '=' or ':' or '#' or '!' : i == 0 && text[i] == ' ';
            escaped.Append(text[i] switch
            {
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                var control when char.IsControl(control) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)control:x4}"),
                var plain when special => $"\\{plain}",
                var plain => plain.ToString(),
            });
        }

        return escaped.ToString();
    }
}
