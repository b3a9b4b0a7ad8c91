using System.Globalization;
using Concord.Cli.Output;

namespace Concord.Cli.Errors;

/// <summary>The line of a document that an error is about, the one before it, and a caret under the column.</summary>
internal static class SourceExcerpt
{
    public static void Write(Screen screen, SourceText source, int line, int column)
    {
        var lines = source.Content.ReplaceLineEndings("\n").Split('\n');
        // A document that ends too early is faulted behind its last line.
        var at = Math.Min(line, lines.Length);
        var margin = line.ToString(CultureInfo.InvariantCulture).Length;

        screen.Line(Ink.Dim("  --> "), source.Name, Ink.Dim(column > 0 ? $":{line}:{column}" : $":{line}"));
        if (at > 1)
            WriteLine(at - 1);
        WriteLine(at);
        if (column > 0)
            screen.Line(Ink.Dim($"  {new string(' ', margin)} | "), new Ink(Indent(lines[at - 1], column) + "^", Palette.Problem));

        void WriteLine(int number) => screen.Line(
            Ink.Dim($"  {number.ToString(CultureInfo.InvariantCulture).PadLeft(margin)} | "), Shown(lines[number - 1]));
    }

    /// <summary>A tab has one column for the parser, and one space here.</summary>
    private static string Shown(string line) => Visible.Of(line.Replace('\t', ' '));

    /// <summary>As wide as what is shown before the column.</summary>
    private static string Indent(string line, int column) =>
        new(' ', Shown(line[..Math.Clamp(column - 1, 0, line.Length)]).Length);
}
