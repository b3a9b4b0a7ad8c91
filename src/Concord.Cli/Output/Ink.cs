using Spectre.Console;

namespace Concord.Cli.Output;

/// <summary>A piece of text and how it looks on a terminal with colours.</summary>
internal readonly record struct Ink(string Text, Style? Style = null)
{
    public static implicit operator Ink(string text) => new(text);

    public static Ink Dim(string text) => new(text, Palette.Dim);

    public static Ink Strong(string text) => new(text, Palette.Strong);
}

/// <summary>The eight colours (by the names that the library gives them) that every terminal theme has tuned for its own background.</summary>
internal static class Palette
{
    public static Style Added { get; } = new(Color.Green);

    public static Style Removed { get; } = new(Color.Maroon);

    public static Style Changed { get; } = new(Color.Olive);

    public static Style Name { get; } = new(Color.Teal);

    public static Style Dim { get; } = new(decoration: Decoration.Dim);

    public static Style Strong { get; } = new(decoration: Decoration.Bold);

    public static Style Problem { get; } = new(Color.Maroon, decoration: Decoration.Bold);

    public static Style Warning { get; } = new(Color.Olive, decoration: Decoration.Bold);
}
