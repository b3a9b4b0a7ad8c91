using Spectre.Console;

namespace Concord.Cli.Output;

/// <summary>A column; one that keeps its width is not broken into lines when the terminal is narrow.</summary>
/// <param name="Dispensable">May be left out on a narrow terminal; -o json and pipes always have it.</param>
internal readonly record struct Column(string Header, bool KeepWidth = false, bool Right = false, bool Dispensable = false);

/// <summary>Rows under headers, without lines between them.</summary>
internal sealed class TableView(params Column[] columns)
{
    private const string Gap = "  ";

    private readonly List<Ink[]> _rows = [];

    public int Count => _rows.Count;

    public void Row(params Ink[] cells) => _rows.Add(cells);

    /// <param name="width">Columns of the terminal.</param>
    /// <returns>The table, and the width that it needs: more than there is if no column can give any more. Lines broken by the
    /// terminal are then better to read than columns of two letters.</returns>
    public (Table Table, int Width) ForTerminal(int width)
    {
        var natural = columns.Select((column, i) => _rows.Select(row => row[i].Text.GetCellWidth()).Append(column.Header.Length).Max()).ToList();
        var widths = TableLayout.Fit(columns, natural, width, Gap.Length);
        int[] shown = [.. Enumerable.Range(0, columns.Length).Where(i => widths[i] > 0)];
        var table = new Table().Border(TableBorder.None);
        foreach (var i in shown)
        {
            table.AddColumn(new TableColumn(new Text(columns[i].Header, Palette.Dim))
            {
                NoWrap = true,
                Width = widths[i],
                Padding = new Padding(0, 0, i == shown[^1] ? 0 : Gap.Length, 0),
                Alignment = columns[i].Right ? Justify.Right : Justify.Left,
            });
        }

        foreach (var row in _rows)
            table.AddRow(shown.Select(i => new Text(TableLayout.Wrap(row[i].Text, widths[i]), row[i].Style)));
        return (table, Math.Max(width, TableLayout.Total(widths, Gap.Length)));
    }

    /// <summary>One line per row, columns aligned, nothing cut and nothing broken: for grep and awk.</summary>
    public void WritePlain(TextWriter writer)
    {
        var widths = columns.Select((column, i) =>
            _rows.Select(row => row[i].Text.Length).Append(column.Header.Length).Max()).ToArray();
        WriteRow(columns.Select(column => column.Header));
        foreach (var row in _rows)
            WriteRow(row.Select(cell => cell.Text));

        void WriteRow(IEnumerable<string> cells)
        {
            var padded = cells.Select((cell, i) => columns[i].Right ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            writer.Write(string.Join(Gap, padded).TrimEnd());
            writer.Write('\n');
        }
    }
}
