using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Concord.Cli;

/// <summary>Options that take a time: a number with ms, s or m behind it; a bare number is seconds.</summary>
internal static class TimeOption
{
    /// <summary>Null when not given.</summary>
    public static Option<TimeSpan?> Create(string name, string description, bool canBeZero = false) => new(name)
    {
        HelpName = "TIME",
        Description = description,
        CustomParser = result => Parse(result, name, canBeZero),
    };

    public static TimeSpan? Parse(ArgumentResult result, string name, bool canBeZero = false)
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
            && (count > 0 || (canBeZero && count == 0)) && count * unit <= TimeSpan.FromDays(1))
        {
            return count * unit;
        }

        result.AddError($"{name} is '{text}': give a {(canBeZero ? "" : "positive ")}time of at most a day, such as 10, 10s, 500ms or 1m");
        return null;
    }
}
