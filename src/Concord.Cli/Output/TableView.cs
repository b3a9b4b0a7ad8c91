using Spectre.Console;

namespace Concord.Cli.Output;

/// <summary>A column; one that keeps its width is not broken into lines when the terminal is narrow.</summary>
internal readonly record struct Column(string Header, bool KeepWidth = false, bool Right = false);

/// <summary>Rows under headers, without lines between them.</summary>
internal sealed class TableView(params Column[] columns)
{
    private const string Gap = "  ";

    private readonly List<Ink[]> _rows = [];

    public int Count => _rows.Count;

    public void Row(params Ink[] cells) => _rows.Add(cells);

    public Table ForTerminal()
    {
        var table = new Table().Border(TableBorder.None);
        for (var i = 0; i < columns.Length; i++)
        {
            var column = new TableColumn(new Text(columns[i].Header, Palette.Dim))
            {
                NoWrap = columns[i].KeepWidth,
                Padding = new Padding(0, 0, i == columns.Length - 1 ? 0 : Gap.Length, 0),
                Alignment = columns[i].Right ? Justify.Right : Justify.Left,
            };
            table.AddColumn(column);
        }

        foreach (var row in _rows)
            table.AddRow(row.Select(cell => new Text(cell.Text, cell.Style)));
        return table;
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
