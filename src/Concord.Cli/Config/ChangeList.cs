using Concord.Cli.Output;
using Concord.Client.Configs;
using Spectre.Console;

namespace Concord.Cli.Config;

/// <summary>Changes for eyes: by configuration, one line per key, texts of several lines as blocks.</summary>
internal static class ChangeList
{
    /// <summary>Keys are padded to the longest one, up to here: one long key shall not push all values away.</summary>
    private const int KeyColumnMax = 40;

    public static void Write(Screen screen, ConfigurationDiff diff)
    {
        foreach (var configuration in diff.Changes.GroupBy(change => change.Path))
        {
            screen.Line(Ink.Strong(configuration.Key.ToString()));
            var width = Math.Min(KeyColumnMax, configuration.Max(change => Visible.Of(change.Key).Length));
            foreach (var change in configuration)
                WriteKey(screen, change.Kind, change.Key, change.OldValue, change.NewValue, width);
        }

        foreach (var path in diff.TextOnly)
            screen.Line(Ink.Strong(path.ToString()), Ink.Dim("  only the text differs: comments, order or spacing"));
    }

    public static void WriteKey(Screen screen, ChangeKind kind, string key, string? oldValue, string? newValue, int keyWidth)
    {
        var (sign, style) = SignOf(kind);
        Ink name = new($"  {sign} {Visible.Of(key).PadRight(keyWidth)}  ", style);
        if (IsBlock(oldValue) || IsBlock(newValue))
        {
            screen.Line(new Ink(name.Text.TrimEnd(), style));
            LineDiff.Write(screen, oldValue ?? "", newValue ?? "");
            return;
        }

        switch (kind)
        {
            case ChangeKind.Added:
                screen.Line(name, new Ink(Shown(newValue), style));
                break;
            case ChangeKind.Removed:
                screen.Line(name, new Ink(Shown(oldValue), style));
                break;
            default:
                screen.Line(name, new Ink(Shown(oldValue), Palette.Removed), Ink.Dim(" → "), new Ink(Shown(newValue), Palette.Added));
                break;
        }
    }

    /// <summary>"1 added, 2 changed, 1 removed".</summary>
    public static string Summary(ConfigurationDiff diff)
    {
        var parts = new List<string>();
        Count(ChangeKind.Added, "added");
        Count(ChangeKind.Changed, "changed");
        Count(ChangeKind.Removed, "removed");
        if (diff.TextOnly.Count > 0)
            parts.Add($"{diff.TextOnly.Count} in text only");
        return parts.Count > 0 ? string.Join(", ", parts) : "nothing changed";

        void Count(ChangeKind kind, string word)
        {
            var count = diff.Changes.Count(change => change.Kind == kind);
            if (count > 0)
                parts.Add($"{count} {word}");
        }
    }

    private static (char Sign, Style Style) SignOf(ChangeKind kind) => kind switch
    {
        ChangeKind.Added => ('+', Palette.Added),
        ChangeKind.Removed => ('-', Palette.Removed),
        _ => ('~', Palette.Changed),
    };

    private static bool IsBlock(string? value) => value?.TrimEnd('\n').Contains('\n', StringComparison.Ordinal) == true;

    /// <summary>An empty value must be seen to be there.</summary>
    private static string Shown(string? value) => string.IsNullOrEmpty(value) ? "\"\"" : Visible.Of(value);
}
