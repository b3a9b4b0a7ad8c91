using System.Net;
using System.Net.Sockets;
using Concord.Gossip;
using Concord.Members.Wire;

namespace Concord.Members;

/// <summary>Where to find the first other member: an address or a name that is looked up each time, and a port.</summary>
public readonly record struct GossipSeed(string Host, int Port)
{
    /// <summary>The field's usual port for gossip.</summary>
    public const int DefaultPort = 7946;

    /// <returns>Null if it is none.</returns>
    /// <param name="text">HOST, HOST:PORT or [IPV6]:PORT.</param>
    public static GossipSeed? Parse(string text) =>
        Uri.TryCreate($"gossip://{text}", UriKind.Absolute, out var url) && url.Host.Length > 0 && url.UserInfo.Length == 0 && url.PathAndQuery is "" or "/"
            ? new(url.DnsSafeHost, url.Port < 0 ? DefaultPort : url.Port)
            : null;

    /// <exception cref="SocketException">The name means nothing.</exception>
    public async Task<IReadOnlyList<GossipAddress>> ResolveAsync(CancellationToken cancellation)
    {
        int port = Port;
        var addresses = IPAddress.TryParse(Host, out var address) ? [address] : await Dns.GetHostAddressesAsync(Host, cancellation).ConfigureAwait(false);
        return [.. addresses.Select(one => Addresses.From(one, port)).OfType<GossipAddress>()];
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>
/// Keeps a member from being alone: joins by the seeds until one answers, and again whenever nobody else is there. Members that
/// know each other need no seed; halves that were cut apart find each other by the protocol itself.
/// </summary>
/// <param name="seeds">Asked anew each time: a list of members, for example, that changes.</param>
public sealed class SeedJoiner(GossipMember member, Func<CancellationToken, Task<IReadOnlyList<GossipAddress>>> seeds, TimeProvider time)
{
    /// <summary>The first failures are those of a group that starts together; later ones are an outage.</summary>
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250), LongestWait = TimeSpan.FromSeconds(30), Look = TimeSpan.FromSeconds(5);

    private bool _isTold;

    /// <summary>Runs until it is cancelled or the member ends.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var wait = FirstWait;
        while (!cancellation.IsCancellationRequested && !member.Ended.IsCompleted)
        {
            var isAlone = !member.Members.Any(other => other.Info.Name != member.Name && other.Status is MemberStatus.Alive or MemberStatus.Suspect);
            if (isAlone)
            {
                wait = await TryAsync(cancellation).ConfigureAwait(false) ? FirstWait : TimeSpan.FromTicks(Math.Min(2 * wait.Ticks, LongestWait.Ticks));
            }

            await Task.Delay(isAlone ? wait : Look, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> TryAsync(CancellationToken cancellation)
    {
        try
        {
            var found = await seeds(cancellation).ConfigureAwait(false);
            if (found.Count == 0 || await member.JoinAsync([.. found], cancellation).ConfigureAwait(false) > 0)
            {
                _isTold = false;
                return found.Count > 0;
            }

            if (!_isTold)
            {
                member.NobodyAnswered(found);
                _isTold = true;
            }

            return false;
        }
        catch (Exception e) when (e is GossipBusyException or OperationCanceledException or SocketException)
        {
            return false;
        }
    }
}
