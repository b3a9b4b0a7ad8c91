using System.Net;
using System.Net.Sockets;

namespace Concord.Checks;

/// <summary>A check may not go where it was to go.</summary>
public sealed class ForbiddenTargetException(string message) : Exception(message);

/// <summary>
/// Where health checks may go. Whoever can register an instance names what servers and agents connect to, so without this the checks
/// would be a way into every network that these can reach. It is decided by the address that is connected to, after the name was
/// resolved: a name that means another address the next time gains nothing.
/// </summary>
/// <param name="privateNetworks">Networks at addresses that are not public, and may be reached all the same.</param>
/// <param name="redirectHosts">Hosts that an HTTP check may be redirected to.</param>
/// <param name="remedy">What is said to whoever wants to reach another address that is not public.</param>
/// <param name="isOwn">Addresses that may be reached whatever they are; null: none.</param>
public sealed class CheckTargets(IReadOnlyList<IPNetwork> privateNetworks, IReadOnlyList<string> redirectHosts, string remedy = CheckTargets.ServersRemedy, Func<IPAddress, bool>? isOwn = null)
{
    private const string ServersRemedy = "the servers check there only if --check-private-targets names its network";

    /// <summary>
    /// What is not public: this host, private use, shared, link-local (cloud metadata among it), documentation, benchmarks, multicast and
    /// reserved (RFC 6890, RFC 1918, RFC 6598, RFC 4193, RFC 4291); 6to4, Teredo and NAT64 lead to any of them.
    /// </summary>
    private static readonly IPNetwork[] NotPublic =
    [
        .. ((string[])[
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        ]).Select(static text => IPNetwork.Parse(text)),
    ];

    public bool Allows(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);

        // An IPv4 address in IPv6 clothes is that address.
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !Array.Exists(NotPublic, network => network.Contains(plain)) || privateNetworks.Any(network => network.Contains(plain)) || isOwn?.Invoke(plain) == true;
    }

    public bool AllowsRedirectTo(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return redirectHosts.Contains(url.IdnHost, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Connects to the first address of a host that may be reached and answers.</summary>
    /// <exception cref="ForbiddenTargetException">None may be reached.</exception>
    /// <exception cref="SocketException">None answers.</exception>
    public async ValueTask<Socket> ConnectAsync(string host, int port, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(host);
        var addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellation);
        var allowed = Array.FindAll(addresses, Allows);
        if (allowed.Length == 0)
        {
            throw new ForbiddenTargetException(addresses.Length == 0
                ? $"{host} has no address"
                : $"{host} is at {addresses[0]}, which is not public; {remedy}");
        }

        SocketException? last = null;
        foreach (var address in allowed)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, port, cancellation);
                return socket;
            }
            catch (SocketException error)
            {
                socket.Dispose();
                last = error;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last!;
    }
}
