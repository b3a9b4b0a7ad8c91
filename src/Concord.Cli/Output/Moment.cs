using System.Globalization;

namespace Concord.Cli.Output;

/// <summary>Times for people: in their own time zone, and how long ago.</summary>
internal static class Moment
{
    public static string Local(DateTimeOffset time, TimeProvider clock) =>
        TimeZoneInfo.ConvertTime(time, clock.LocalTimeZone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Only the time of day, for a stream of events that a person watches.</summary>
    public static string TimeOfDay(DateTimeOffset time, TimeProvider clock) =>
        TimeZoneInfo.ConvertTime(time, clock.LocalTimeZone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>One unit is enough: "3 min".</summary>
    public static string Since(DateTimeOffset time, TimeProvider clock)
    {
        var age = clock.GetUtcNow() - time;
        return age switch
        {
            { TotalSeconds: < 1 } => "now",
            { TotalMinutes: < 1 } => Invariant($"{(int)age.TotalSeconds} s"),
            { TotalHours: < 1 } => Invariant($"{(int)age.TotalMinutes} min"),
            { TotalDays: < 2 } => Invariant($"{(int)age.TotalHours} h"),
            _ => Invariant($"{(int)age.TotalDays} d"),
        };
    }

    public static string Ago(DateTimeOffset time, TimeProvider clock) =>
        Since(time, clock) is var since && since == "now" ? since : since + " ago";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
