using Concord.Cli.Output;

namespace Concord.Cli.Config;

/// <summary>Two texts line by line: what they share at both ends is left out but for one line on each side.</summary>
internal static class LineDiff
{
    private const string Margin = "      ";

    public static void Write(Screen screen, string oldText, string newText)
    {
        var old = Lines(oldText);
        var now = Lines(newText);
        var before = SharedAtStart(old, now);
        var after = SharedAtEnd(old, now, before);

        if (before > 0)
            screen.Line(Ink.Dim($"{Margin}  {Visible.Of(old[before - 1])}"));
        foreach (var line in old[before..(old.Length - after)])
            screen.Line(new Ink($"{Margin}- {Visible.Of(line)}", Palette.Removed));
        foreach (var line in now[before..(now.Length - after)])
            screen.Line(new Ink($"{Margin}+ {Visible.Of(line)}", Palette.Added));
        if (after > 0)
            screen.Line(Ink.Dim($"{Margin}  {Visible.Of(old[^after])}"));
    }

    private static string[] Lines(string text) =>
        text.Length == 0 ? [] : text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private static int SharedAtStart(string[] old, string[] now)
    {
        var count = 0;
        while (count < old.Length && count < now.Length && old[count] == now[count])
            count++;
        return count;
    }

    private static int SharedAtEnd(string[] old, string[] now, int sharedAtStart)
    {
        var count = 0;
        while (count < Math.Min(old.Length, now.Length) - sharedAtStart && old[^(count + 1)] == now[^(count + 1)])
            count++;
        return count;
    }
}
