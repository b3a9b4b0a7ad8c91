using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Concord.Cli;

/// <summary>Options and arguments that take a whole number, with an error that says which numbers they take.</summary>
internal static class NumberOption
{
    /// <summary>Releases, revisions, counts; null when not given.</summary>
    public static Option<long?> Create(string name, string helpName, string description, long min = 0) => new(name)
    {
        HelpName = helpName,
        Description = description,
        CustomParser = result => Parse(result, name, min),
    };

    /// <summary>The number of a release, as an argument.</summary>
    public static Argument<long?> Release(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => Parse(result, name, min: 1),
    };

    /// <summary>A count, as an argument.</summary>
    public static Argument<long?> Positive(string name, string description) => Release(name, description);

    private static long? Parse(ArgumentResult result, string name, long min)
    {
        var text = result.Tokens.Single().Value;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min)
            return number;
        result.AddError($"{name} is '{text}': give a whole number from {min} on");
        return null;
    }
}
