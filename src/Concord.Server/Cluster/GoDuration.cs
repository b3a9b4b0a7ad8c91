using System.Buffers;
using System.Globalization;

namespace Concord.Server.Cluster;

/// <summary>Times as etcd's flags write them: numbers with units, such as 30m, 1h30m or 1.5s (Go's time.ParseDuration).</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>False if it is no time, or a longer one.</summary>
    public static bool TryRead(string text, TimeSpan longest, out TimeSpan time)
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
            if (seconds == 0 || number * seconds > longest.TotalSeconds)
            {
                return false;
            }

            time += TimeSpan.FromSeconds(number * seconds);
            rest = rest[unit.Length..];
        }

        return text.Length > 0;
    }
}
