using System.Buffers;
using System.Globalization;

namespace Concord.Server.Cluster;

/// <summary>Which history is compacted without anybody asking: what etcd's two flags say together.</summary>
/// <param name="Period">How long history is kept; zero where revisions are counted.</param>
/// <param name="Revisions">How many revisions are kept; zero where time is.</param>
public sealed record AutoCompaction(TimeSpan Period, long Revisions)
{
    public const string Periodic = "periodic";
    public const string Revision = "revision";

    /// <summary>Shorter ones would look at the revision more often than ten times a second.</summary>
    private static readonly TimeSpan PeriodMin = TimeSpan.FromSeconds(1);

    /// <summary>Ten years: beyond it somebody mistook the unit.</summary>
    private static readonly TimeSpan PeriodMax = TimeSpan.FromDays(3650);

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    public static readonly AutoCompaction Off = new(TimeSpan.Zero, 0);

    public bool IsOff => Period == TimeSpan.Zero && Revisions == 0;

    /// <summary>Reads a retention: revisions, or hours as a plain number, or a time such as <c>30m</c> or <c>1h30m</c>; 0 is never.</summary>
    /// <returns>What is wrong and the remedy, or null.</returns>
    public static string? Parse(string mode, string retention, out AutoCompaction compaction)
    {
        compaction = Off;
        var isNumber = long.TryParse(retention, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        if (mode == Revision)
        {
            compaction = new(TimeSpan.Zero, number);
            return isNumber ? null : $"'{retention}' is no number of revisions; write how many to keep, or 0 for all";
        }

        if (isNumber && number <= PeriodMax.TotalHours)
        {
            compaction = new(TimeSpan.FromHours(number), 0);
            return null;
        }

        if (isNumber || !TryReadTime(retention, out var period) || (period != TimeSpan.Zero && (period < PeriodMin || period > PeriodMax)))
        {
            return $"'{retention}' is no time to keep history; write hours as a number, or a time from 1s on such as 30m or 1h30m, or 0 for ever";
        }

        compaction = new(period, 0);
        return null;
    }

    /// <summary>Go's notation: numbers with units, largest first or not.</summary>
    private static bool TryReadTime(string text, out TimeSpan time)
    {
        time = TimeSpan.Zero;
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAny(NumberCharacters);
            var unit = letters < 0 ? rest : rest[..letters];
            var seconds = unit switch
            {
                "h" => 3600,
                "m" => 60,
                "s" => 1,
                "ms" => 0.001,
                _ => 0,
            };
            if (seconds == 0 || number * seconds > PeriodMax.TotalSeconds)
            {
                return false;
            }

            time += TimeSpan.FromSeconds(number * seconds);
            rest = rest[unit.Length..];
        }

        return text.Length > 0;
    }
}
