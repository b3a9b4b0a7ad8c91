using System.Net;
using Concord.Client.Cluster;

namespace Concord.Cli.Cluster;

/// <summary>The command line that starts a member that was added.</summary>
internal static class StartLine
{
    private const int ClientPort = 2379;

    /// <param name="members">All members after the change; others that are not started have no name and are left out.</param>
    public static string Of(NewcomerText newcomer, IReadOnlyList<Member> members)
    {
        var cluster = members
            .Where(member => member.Name.Length > 0)
            .SelectMany(member => member.PeerUrls.Select(url => $"{member.Name}={url}"))
            .Concat(newcomer.PeerUrls.Select(url => $"{newcomer.Name}={url}"));
        var host = new Uri(newcomer.PeerUrls[0]).Host;
        string[] words =
        [
            "concord-server",
            "--name", newcomer.Name,
            "--data-dir", $"{newcomer.Name}.concord",
            "--listen-client-urls", $"http://{ListenHost(host)}:{ClientPort}",
            "--advertise-client-urls", $"http://{host}:{ClientPort}",
            "--listen-peer-urls", string.Join(',', newcomer.PeerUrls.Select(ListenUrl).Distinct()),
            "--initial-advertise-peer-urls", string.Join(',', newcomer.PeerUrls),
            "--initial-cluster", string.Join(',', cluster),
            "--initial-cluster-state", "existing",
        ];
        return string.Join(' ', words);
    }

    private static string ListenUrl(string url)
    {
        var parsed = new Uri(url);
        return $"{parsed.Scheme}://{ListenHost(parsed.Host)}:{parsed.Port}";
    }

    /// <summary>A server listens on an address, not on a name.</summary>
    private static string ListenHost(string host) => host == "localhost" || IPAddress.TryParse(host.Trim('[', ']'), out _) ? host : "0.0.0.0";
}
