using System.Globalization;
using System.Text.RegularExpressions;

namespace Concord.Tests.Telemetry;

/// <summary>Reads Prometheus' text format: types by family, values by series as it is written. Anything else in it is an error.</summary>
internal sealed partial class MetricsText
{
    private readonly Dictionary<string, double> _values = [];

    public MetricsText(string text)
    {
        var family = "";
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Assert.True(line.Split(' ', 4) is [_, _, _, { Length: > 0 }], $"no help in '{line}'");
                continue;
            }

            if (line.Split(' ') is ["#", "TYPE", var name, var type])
            {
                family = name;
                Assert.True(Types.TryAdd(name, type), $"{name} is there twice");
                continue;
            }

            var series = Series().Match(line);
            Assert.True(series.Success, $"'{line}' is no series");
            Assert.StartsWith(family, series.Groups["name"].Value, StringComparison.Ordinal);
            _values.Add(
                series.Groups["series"].Value,
                series.Groups["value"].Value == "+Inf" ? double.PositiveInfinity : double.Parse(series.Groups["value"].Value, CultureInfo.InvariantCulture));
        }
    }

    public Dictionary<string, string> Types { get; } = [];

    public double this[string series] => _values.TryGetValue(series, out var value) ? value : throw new KeyNotFoundException(
        $"There is no {series}, but {string.Join(", ", _values.Keys.Where(key => key.StartsWith(series.Split('{')[0], StringComparison.Ordinal)))}.");

    /// <summary>The series of a family, as they are written.</summary>
    public IReadOnlyList<string> Of(string family) => [.. _values.Keys.Where(series => series.Split('{')[0] == family)];

    public static async Task<MetricsText> ReadAsync(Uri server, CancellationToken cancellation)
    {
        using var client = new HttpClient();
        return new(await client.GetStringAsync(new Uri(server, "/metrics"), cancellation));
    }

    /// <summary>Asks again until it is so: some counts follow the answer that the caller already has.</summary>
    public static async Task<MetricsText> UntilAsync(Uri server, Func<MetricsText, bool> holds, CancellationToken cancellation)
    {
        while (true)
        {
            var text = await ReadAsync(server, cancellation);
            if (holds(text))
            {
                return text;
            }
        }
    }

    [GeneratedRegex("""^(?<series>(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_]+="([^"\\]|\\.)*",?)*\})?) (?<value>[-+0-9.eE]+|\+Inf)$""", RegexOptions.ExplicitCapture)]
    private static partial Regex Series();
}
