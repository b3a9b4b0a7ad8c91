using System.CommandLine;
using System.Globalization;

namespace Concord.Cli;

/// <summary>Options that take a whole number, with an error that says which numbers they take.</summary>
internal static class NumberOption
{
    /// <summary>Releases, revisions, counts; null when not given.</summary>
    public static Option<long?> Create(string name, string helpName, string description, long min = 0) => new(name)
    {
        HelpName = helpName,
        Description = description,
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min)
                return number;
            result.AddError($"{name} is '{text}': give a whole number from {min} on");
            return null;
        },
    };
}
