using System.Globalization;

namespace Concord.Routing;

/// <summary>Times as people write them: <c>500ms</c>, <c>30s</c>, <c>2m</c>, <c>1h</c>.</summary>
internal static class DurationText
{
    private static readonly (string Unit, TimeSpan One)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)),
    ];

    public static bool TryParse(string text, out TimeSpan time)
    {
        foreach (var (unit, one) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && int.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                time = one * count;
                return true;
            }
        }

        time = default;
        return false;
    }

    public static string Of(TimeSpan time) =>
        time < TimeSpan.FromSeconds(1) ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0}ms")
        : time < TimeSpan.FromHours(1) ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0}s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0}h");
}
