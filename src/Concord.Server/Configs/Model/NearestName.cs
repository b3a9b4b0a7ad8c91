namespace Concord.Server.Configs.Model;

/// <summary>Finds the name that was probably meant, for "unknown" errors.</summary>
public static class NearestName
{
    /// <summary>The candidate with the smallest edit distance, without regard to case, if it is near enough to be a slip; ties go to the first in order.</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        string? best = null;
        // One slip in a short name, more in a long one; half of the letters of a short name would fit anything.
        var bestDistance = (name.Length <= 4 ? 1 : Math.Max(2, name.Length / 3)) + 1;
        foreach (var candidate in candidates.Order(StringComparer.Ordinal))
        {
            var distance = Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant(), bestDistance);
            if (distance < bestDistance)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    /// <summary>Optimal string alignment distance: insert, delete, replace, swap of neighbours. Stops at <paramref name="limit"/>.</summary>
    internal static int Distance(string a, string b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) >= limit)
        {
            return limit;
        }

        var before = new int[b.Length + 1];
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replace, Math.Min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                }
            }

            (before, previous, current) = (previous, current, before);
        }

        return Math.Min(previous[b.Length], limit);
    }
}
