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
/// Keeps a member together with its seeds: joins those that it does not know as living, until they answer. Also when others are known,
/// or two pairs that started apart would never hear of each other.
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
            var outcome = await TryAsync(cancellation).ConfigureAwait(false);
            wait = outcome == Outcome.Failed ? TimeSpan.FromTicks(Math.Min(2 * wait.Ticks, LongestWait.Ticks)) : FirstWait;
            await Task.Delay(outcome == Outcome.Together ? Look : wait, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Outcome> TryAsync(CancellationToken cancellation)
    {
        try
        {
            var known = member.Members.Where(static one => one.Status is MemberStatus.Alive or MemberStatus.Suspect).Select(static one => one.Info.Address).ToHashSet();
            GossipAddress[] missing = [.. (await seeds(cancellation).ConfigureAwait(false)).Where(seed => !known.Contains(seed))];
            if (missing.Length == 0)
            {
                return known.Count > 1 ? Outcome.Together : Outcome.NobodyToAsk;
            }

            if (await member.JoinAsync(missing, cancellation).ConfigureAwait(false) > 0)
            {
                _isTold = false;
                return Outcome.Together;
            }

            if (!_isTold)
            {
                member.NobodyAnswered(missing);
                _isTold = true;
            }

            return Outcome.Failed;
        }
        catch (Exception e) when (e is GossipBusyException or OperationCanceledException or SocketException)
        {
            return Outcome.Failed;
        }
    }

    private enum Outcome
    {
        Together,
        NobodyToAsk,
        Failed,
    }
}
