using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Concord.Gossip;

namespace Concord.Members.Wire;

/// <summary>Between the addresses of the system and those that members tell each other.</summary>
public static class Addresses
{
    /// <summary>Offsets in a socket address; they are the same on Linux, macOS and Windows.</summary>
    private const int PortAt = 2, V4At = 4, V6At = 8;

    /// <summary>Null if it is no address that others could reach: an unspecified one, or one that is valid on one link only.</summary>
    public static GossipAddress? From(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (port is < 1 or > ushort.MaxValue || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 })
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes), (ushort)port);
    }

    public static IPEndPoint EndPoint(GossipAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address.Ip);
        var ip = new IPAddress(bytes);
        return new(address.IsV4 ? ip.MapToIPv4() : ip, address.Port);
    }

    /// <summary>What a datagram's sender is, without a new object for each.</summary>
    internal static GossipAddress Read(SocketAddress socket)
    {
        var bytes = socket.Buffer.Span;
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(bytes[PortAt..]);
        return socket.Family == AddressFamily.InterNetwork
            ? GossipAddress.V4(BinaryPrimitives.ReadUInt32BigEndian(bytes[V4At..]), port)
            : new(BinaryPrimitives.ReadUInt128BigEndian(bytes[V6At..]), port);
    }

    /// <summary>As a socket of a family is told whom to send to; null if it cannot.</summary>
    internal static SocketAddress? Socket(GossipAddress address, AddressFamily family)
    {
        if (family == AddressFamily.InterNetwork && !address.IsV4)
        {
            return null;
        }

        var socket = new SocketAddress(family);
        var bytes = socket.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[PortAt..], address.Port);
        if (family == AddressFamily.InterNetwork)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[V4At..], (uint)address.Ip);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes[V6At..], address.Ip);
        }

        return socket;
    }
}
