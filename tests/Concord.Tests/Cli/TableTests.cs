using Concord.Cli.Output;

namespace Concord.Tests.Cli;

/// <summary>How tables use the width they have.</summary>
public sealed class TableTests
{
    private static readonly Column[] Paths = [new("N", KeepWidth: true, Right: true), new("MESSAGE"), new("CONFIGURATIONS")];

    [Fact]
    public void What_fits_is_not_touched() => Assert.Equal(
        """
         N  MESSAGE  CONFIGURATIONS
        12  why      orders/prod/application@zone=eu-1
        """,
        Shown(80, Paths, ["12", "why", "orders/prod/application@zone=eu-1"]));

    [Fact]
    public void A_narrow_column_breaks_where_words_paths_and_labels_do() => Assert.Equal(
        """
         N  MESSAGE             CONFIGURATIONS
        12  a reason of a few   orders/prod/
            words               application@zone=
                                eu-1
                                shared/default/
                                application
        """,
        Shown(42, Paths, ["12", "a reason of a few words", "orders/prod/application@zone=eu-1 shared/default/application"]));

    [Fact]
    public void A_word_without_a_place_to_break_is_cut_and_nothing_is_lost() => Assert.Equal(
        """
        N  MESSAGE         CONFIGURATIONS
        1  xxxxxxxxxxxxxx  y
           xxxxxx
        """,
        Shown(33, Paths, ["1", new string('x', 20), "y"]));

    [Fact]
    public void Columns_that_can_be_done_without_go_first_from_the_right()
    {
        Column[] columns = [new("NAME"), new("STATE", KeepWidth: true), new("VERSION", KeepWidth: true, Dispensable: true), new("SIZE", KeepWidth: true), new("TOOK", KeepWidth: true, Dispensable: true)];
        string[] row = ["http://10.0.0.1:2379", "healthy", "3.6.14", "4 KiB", "12.0 ms"];

        Assert.Contains("TOOK", Shown(62, columns, row), StringComparison.Ordinal);
        Assert.Equal(
            """
            NAME                  STATE    VERSION  SIZE
            http://10.0.0.1:2379  healthy  3.6.14   4 KiB
            """,
            Shown(50, columns, row));
        Assert.Equal(
            """
            NAME                  STATE    SIZE
            http://10.0.0.1:2379  healthy  4 KiB
            """,
            Shown(40, columns, row));
    }

    [Fact]
    public void On_a_terminal_that_is_far_too_narrow_the_terminal_breaks_the_lines() => Assert.Equal(
        """
        NAME          STATE
        http://       healthy
        10.0.0.1:
        2379
        """,
        Shown(16, [new("NAME"), new("STATE", KeepWidth: true)], fits: false, ["http://10.0.0.1:2379", "healthy"]));

    private static string Shown(int width, Column[] columns, params string[][] rows) => Shown(width, columns, fits: true, rows);

    private static string Shown(int width, Column[] columns, bool fits, params string[][] rows)
    {
        var written = new StringWriter { NewLine = "\n" };
        var table = new TableView(columns);
        foreach (var row in rows)
            table.Row([.. row.Select(cell => new Ink(cell))]);

        new Screen(written, isTerminal: true, colors: false, width, TimeProvider.System).Table(table);

        var lines = written.ToString().Split('\n');
        if (fits)
            Assert.All(lines, line => Assert.True(line.Length <= width, line));
        return string.Join('\n', lines.Select(line => line.TrimEnd())).TrimEnd();
    }
}
