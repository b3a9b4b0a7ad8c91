using System.Net.Sockets;
using Concord.Gossip;
using Concord.Members.Wire;
using Concord.Server.Cluster;

namespace Concord.Server.Members;

/// <summary>The gossip port cannot be used; the message names the flag and the remedy.</summary>
internal sealed class GossipPortException(string message) : Exception(message);

/// <summary>The bound port and where others reach it. Bound before anything else starts: other members are told of it when they connect.</summary>
internal sealed record GossipBinding(GossipPort Port, GossipAddress Address)
{
    /// <summary>Null: this server does not gossip.</summary>
    /// <exception cref="GossipPortException">It cannot be bound.</exception>
    public static GossipBinding? Of(ServerOptions options)
    {
        if (options.GossipListen is not { } listen)
        {
            return null;
        }

        GossipPort port;
        try
        {
            port = GossipPort.Bind(listen);
        }
        catch (SocketException error)
        {
            throw new GossipPortException($"--gossip-listen: {listen}: {error.Message}. Stop the other program or choose another port, which must be free for UDP and TCP.");
        }

        if (port.Reached(options.GossipAdvertise?.Address, options.GossipAdvertise?.Port ?? 0) is { } address)
        {
            return new(port, address);
        }

        port.Dispose();
        throw new GossipPortException($"--gossip-advertise is missing: {listen} is no address that others reach.");
    }
}
