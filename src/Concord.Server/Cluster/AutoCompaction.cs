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

        if (isNumber || !GoDuration.TryRead(retention, PeriodMax, out var period) || (period != TimeSpan.Zero && (period < PeriodMin || period > PeriodMax)))
        {
            return $"'{retention}' is no time to keep history; write hours as a number, or a time from 1s on such as 30m or 1h30m, or 0 for ever";
        }

        compaction = new(period, 0);
        return null;
    }
}
