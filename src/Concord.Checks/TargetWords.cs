using System.Net;

namespace Concord.Checks;

/// <summary>The settings of <see cref="CheckTargets"/> as people write them. Each answers null, or what is wrong and how to write it.</summary>
public static class TargetWords
{
    /// <param name="text">Such as <c>10.0.0.0/8,fd00::/8</c>.</param>
    public static string? Networks(string text, out IReadOnlyList<IPNetwork> networks)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = new List<IPNetwork>();
        networks = found;
        foreach (var part in Parts(text))
        {
            if (!IPNetwork.TryParse(part, out var network))
            {
                return $"'{part}' is no network; write it as 10.0.0.0/8 or fd00::/8, without bits behind the prefix";
            }

            found.Add(network);
        }

        return null;
    }

    /// <param name="text">Names or addresses with commas between.</param>
    public static string? Hosts(string text, out IReadOnlyList<string> hosts)
    {
        ArgumentNullException.ThrowIfNull(text);
        hosts = Parts(text);
        return hosts.FirstOrDefault(static host => Uri.CheckHostName(host) == UriHostNameType.Unknown) is { } wrong
            ? $"'{wrong}' is no host; write names or addresses without scheme and port"
            : null;
    }

    private static string[] Parts(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
