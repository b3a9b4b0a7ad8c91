using System.Net;
using System.Net.Sockets;
using Concord.Gossip;

namespace Concord.Members.Wire;

/// <summary>
/// The one port of a member, for datagrams and for streams. Bound before anything else is started, so that what is wrong with an
/// address is known early, and a port that was left open (0) is known to those who tell others.
/// </summary>
public sealed class GossipPort : IDisposable
{
    /// <summary>A burst of a large group while the loop is held up; the system may give less.</summary>
    private const int ReceiveBufferBytes = 2 << 20;

    private const int ReceiveBufferBytesMin = 64 << 10;

    /// <summary>With an open port: the number that one protocol got may be taken for the other.</summary>
    private const int BindAttempts = 16;

    /// <summary>Of sockets that are bound and, for streams, listen; where packets get lost they may have different numbers.</summary>
    internal GossipPort(Socket packets, Socket streams)
    {
        packets.Blocking = false;
        Packets = packets;
        Streams = streams;
        Bound = (IPEndPoint)streams.LocalEndPoint!;
    }

    public IPEndPoint Bound { get; }

    internal Socket Packets { get; }

    internal Socket Streams { get; }

    /// <exception cref="SocketException">It cannot be bound.</exception>
    public static GossipPort Bind(IPEndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        for (int attempt = 1; ; attempt++)
        {
            Socket? packets = null, streams = null;
            try
            {
                streams = Open(address, SocketType.Stream, ProtocolType.Tcp);
                packets = Open(new(address.Address, ((IPEndPoint)streams.LocalEndPoint!).Port), SocketType.Dgram, ProtocolType.Udp);
                EnlargeBuffer(packets);
                streams.Listen();
                return new(packets, streams);
            }
            catch (SocketException)
            {
                packets?.Dispose();
                streams?.Dispose();
                if (address.Port != 0 || attempt == BindAttempts)
                {
                    throw;
                }
            }
        }
    }

    /// <summary>
    /// Where others reach this port: as it was advertised, else where it is bound. Null if that is no address of one host, so
    /// that one must be advertised.
    /// </summary>
    public GossipAddress? Reached(IPAddress? advertised, int port) =>
        Addresses.From(advertised ?? Bound.Address, port == 0 ? Bound.Port : port);

    public void Dispose()
    {
        Packets.Dispose();
        Streams.Dispose();
    }

    private static Socket Open(IPEndPoint address, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(address.AddressFamily, type, protocol);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(address);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void EnlargeBuffer(Socket socket)
    {
        for (int bytes = ReceiveBufferBytes; bytes >= ReceiveBufferBytesMin; bytes /= 2)
        {
            try
            {
                socket.ReceiveBufferSize = bytes;
                return;
            }
            catch (SocketException)
            {
                // More than this system gives: half of it, then.
            }
        }
    }
}
