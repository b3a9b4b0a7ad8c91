using Spectre.Console;

namespace Concord.Cli.Output;

/// <summary>How wide the columns of a table are on a terminal, and where the text of a narrow one breaks. Widths are cells of the terminal.</summary>
internal static class TableLayout
{
    /// <summary>Narrower than this a column is harder to read than a broken line of the whole table.</summary>
    private const int WidthMin = 12;

    /// <summary>Behind these a path, a key, a label or an address may go on in the next line.</summary>
    private const string BreakAfter = "/@,:=";

    /// <summary>
    /// The width of each column, 0 for one that is left out. Dispensable columns go first, from the right; then the widest of
    /// those that may break give way, so that a long text takes from itself and not from its neighbours.
    /// </summary>
    /// <param name="natural">What each column would take.</param>
    /// <param name="width">What there is for all, with <paramref name="gap"/> between them.</param>
    public static int[] Fit(IReadOnlyList<Column> columns, IReadOnlyList<int> natural, int width, int gap)
    {
        int[] widths = [.. natural.Select(one => Math.Min(one, width))];
        for (var i = columns.Count - 1; i >= 0 && Total(widths, gap) > width; i--)
        {
            if (columns[i].Dispensable)
                widths[i] = 0;
        }

        while (Total(widths, gap) > width && Widest(columns, widths) is >= 0 and var widest)
            widths[widest]--;
        return widths;
    }

    /// <summary>The lines of a text in a column: broken at spaces, behind parts of a path, and only then within a word.</summary>
    public static string Wrap(string text, int width)
    {
        var lines = new List<string>();
        var rest = text;
        while (rest.GetCellWidth() > width)
        {
            var end = BreakOf(rest, width);
            lines.Add(rest[..end].TrimEnd());
            rest = rest[end..].TrimStart();
        }

        return string.Join('\n', [.. lines, rest]);
    }

    /// <summary>What the columns take together.</summary>
    public static int Total(int[] widths, int gap) => widths.Sum() + (gap * Math.Max(0, widths.Count(one => one > 0) - 1));

    private static int Widest(IReadOnlyList<Column> columns, int[] widths)
    {
        var widest = -1;
        for (var i = 0; i < widths.Length; i++)
        {
            if (!columns[i].KeepWidth && widths[i] > Math.Max(WidthMin, columns[i].Header.Length) && (widest < 0 || widths[i] > widths[widest]))
                widest = i;
        }

        return widest;
    }

    private static int BreakOf(string text, int width)
    {
        var (cells, end, space, part) = (0, 0, 0, 0);
        while (end < text.Length)
        {
            var step = char.IsSurrogatePair(text, end) ? 2 : 1;
            cells += text.Substring(end, step).GetCellWidth();
            if (cells > width)
                break;
            end += step;
            if (end < text.Length && text[end] == ' ')
                space = end;
            else if (BreakAfter.Contains(text[end - 1], StringComparison.Ordinal))
                part = end;
        }

        // A single character that is wider than the column still has to go somewhere.
        return space > 0 ? space : part > 0 ? part : Math.Max(1, end);
    }
}
