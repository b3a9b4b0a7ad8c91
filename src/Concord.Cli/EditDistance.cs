namespace Concord.Cli;

/// <summary>How many letters must be added, dropped or replaced to make one text of the other (Levenshtein).</summary>
internal static class EditDistance
{
    public static int Between(string left, string right)
    {
        // One row of the table: entry j is the distance of the part of left read so far to the first j of right.
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replace = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
