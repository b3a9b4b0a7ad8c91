using System.Net;
using System.Net.Sockets;
using Concord.Client.Registry;
using Microsoft.AspNetCore.Http;

namespace Concord.Extensions.AspNetCore;

/// <summary>From the addresses that a server is bound to, to those under which others reach it.</summary>
internal static class AdvertisedEndpoints
{
    /// <param name="localAddress">Called only where the server is bound to every address.</param>
    public static async Task<IReadOnlyList<ServiceEndpoint>> OfAsync(
        IEnumerable<string> bound, string? advertisedHost, Func<Task<string>> localAddress)
    {
        var endpoints = new List<ServiceEndpoint>();
        foreach (var text in bound)
        {
            var address = BindingAddress.Parse(text);
            if (address.IsUnixPipe || address.IsNamedPipe)
                continue;
            var host = advertisedHost ?? (IsEverywhere(address.Host) ? await localAddress().ConfigureAwait(false) : address.Host.Trim('[', ']'));
            var name = endpoints.Count == 0 ? ServiceEndpoint.DefaultName
                : endpoints.Exists(one => one.Name == address.Scheme) ? $"{address.Scheme}-{address.Port}"
                : address.Scheme;
            endpoints.Add(new(address.Scheme, host, address.Port, name));
        }

        return endpoints;
    }

    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>
    /// The address from which this machine reaches another one: what the system would send from. A datagram socket that is connected asks the routing
    /// table and sends nothing.
    /// </summary>
    public static async Task<string> LocalAddressToAsync(Uri server)
    {
        try
        {
            foreach (var address in await Dns.GetHostAddressesAsync(server.DnsSafeHost).ConfigureAwait(false))
            {
                using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                await socket.ConnectAsync(new IPEndPoint(address, server.Port)).ConfigureAwait(false);
                if (socket.LocalEndPoint is IPEndPoint local)
                    return new IPAddress(local.Address.GetAddressBytes()).ToString();
            }
        }
        catch (SocketException)
        {
            // No name, or no way there: then the registry cannot be reached either, and the machine's name is as good as anything.
        }

        return Dns.GetHostName();
    }

    private static bool IsEverywhere(string host) => host is "+" or "*" || (IPAddress.TryParse(host.Trim('[', ']'), out var address)
        ? address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
        : !host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && Uri.CheckHostName(host) == UriHostNameType.Unknown);
}
