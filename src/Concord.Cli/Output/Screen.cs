using Spectre.Console;

namespace Concord.Cli.Output;

/// <summary>
/// Writes for eyes: colours and wrapped tables on a terminal, plain lines into a pipe. Text from outside never reaches
/// the terminal with its control characters: see <see cref="Visible"/>.
/// </summary>
internal sealed class Screen
{
    /// <summary>Lines are broken by the terminal, not by us: then they can be copied whole.</summary>
    private const int Unbroken = 1_000_000;

    private readonly TextWriter _writer;
    private readonly IAnsiConsole? _colors;

    public Screen(TextWriter writer, bool isTerminal, bool colors, int width, TimeProvider time)
    {
        _writer = writer;
        IsTerminal = isTerminal;
        Width = width;
        Time = time;
        _colors = colors ? Console(AnsiSupport.Yes, ColorSystemSupport.Standard, Unbroken) : null;
    }

    public bool IsTerminal { get; }

    public int Width { get; }

    public TimeProvider Time { get; }

    public void Line(params ReadOnlySpan<Ink> inks)
    {
        foreach (var ink in inks)
        {
            if (_colors is null || ink.Style is null || ink.Text.Length == 0)
                _writer.Write(ink.Text);
            else
                _colors.Write(new Text(ink.Text, ink.Style));
        }

        _writer.Write('\n');
    }

    /// <summary>A next step for a person; scripts do not want it.</summary>
    public void Hint(string text)
    {
        if (IsTerminal)
            Line(Ink.Dim(text));
    }

    public void Table(TableView table)
    {
        if (!IsTerminal)
        {
            table.WritePlain(_writer);
            return;
        }

        var (drawn, width) = table.ForTerminal(Width);
        Console(_colors is null ? AnsiSupport.No : AnsiSupport.Yes, _colors is null ? ColorSystemSupport.NoColors : ColorSystemSupport.Standard, width).Write(drawn);
    }

    public void Flush() => _writer.Flush();

    private IAnsiConsole Console(AnsiSupport ansi, ColorSystemSupport colors, int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi,
            ColorSystem = colors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(_writer),
        });
        console.Profile.Width = width;
        return console;
    }
}
