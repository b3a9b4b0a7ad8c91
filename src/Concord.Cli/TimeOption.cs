using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Concord.Cli;

/// <summary>Options that take a time, such as 30, 500ms or 1m.</summary>
internal static class TimeOption
{
    /// <summary>Null when not given.</summary>
    public static Option<TimeSpan?> Create(string name, string description, bool mayBeZero = false) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => Parse(result, name, mayBeZero),
    };

    public static TimeSpan? Parse(ArgumentResult result, string name, bool mayBeZero = false)
    {
        var text = result.Tokens.Single().Value;
        var (digits, unit) = text switch
        {
            [.. var number, 'm', 's'] => (number, TimeSpan.FromMilliseconds(1)),
            [.. var number, 's'] => (number, TimeSpan.FromSeconds(1)),
            [.. var number, 'm'] => (number, TimeSpan.FromMinutes(1)),
            _ => (text, TimeSpan.FromSeconds(1)),
        };
        if (double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && (count > 0 || (mayBeZero && count == 0)) && count * unit <= TimeSpan.FromDays(1))
        {
            return count * unit;
        }

        result.AddError($"{name} is '{text}': give a {(mayBeZero ? "" : "positive ")}time of at most a day, such as 10, 10s, 500ms or 1m");
        return null;
    }
}
