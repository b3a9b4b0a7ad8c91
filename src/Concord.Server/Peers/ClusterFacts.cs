using System.Net.Sockets;
using System.Security.Cryptography;
using Concord.Node;
using Concord.Raft;

namespace Concord.Server.Peers;

/// <summary>What a member knows about its cluster, for whoever wants to join or to know who is who.</summary>
/// <param name="Member">The one that answers.</param>
/// <param name="Leader">Zero if it knows none.</param>
/// <param name="Membership">The committed configuration, with names and addresses.</param>
internal sealed record ClusterFacts(ulong ClusterId, MemberId Member, MemberId Leader, LogIndex Applied, Membership Membership)
{
    public void Encode(FrameBuffer output)
    {
        output.Begin();
        var writer = new PeerWriter(output);
        writer.UInt64(ClusterId);
        writer.UInt64(Member.Value);
        writer.UInt64(Leader.Value);
        writer.Int64(Applied.Value);
        writer.Bytes(Membership.Voters.Count > 0 ? MembershipCodec.Encode(Membership) : []);
        output.End();
    }

    /// <exception cref="PeerProtocolException">Malformed.</exception>
    public static ClusterFacts Decode(ReadOnlyMemory<byte> payload)
    {
        var reader = new PeerReader(payload);
        var (cluster, member, leader, applied, bytes) = (reader.UInt64(), reader.UInt64(), reader.UInt64(), reader.Int64(), reader.Bytes());
        reader.End();
        var membership = bytes.IsEmpty ? Membership.Empty
            : MembershipCodec.Decode(bytes) ?? throw new PeerProtocolException("the list of members is malformed");
        return new(cluster, new(member), new(leader), new(applied), membership);
    }

    /// <summary>Asks the member at an address; null and the reason if it does not answer.</summary>
    public static (ClusterFacts? Facts, string? Problem) Ask(Uri url, PeerOptions options, CancellationToken cancellation)
    {
        try
        {
            var hello = new PeerHello(options.Versions, PeerLane.Question, 0, MemberId.None, MemberId.None, options.Identity.Name, []);
            using var connection = PeerConnection.Open(url, hello, options, cancellation);
            return connection.Reader.TryRead(out var payload) ? (Decode(payload), null) : (null, "it closed the connection");
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or NodeInvariantException or CryptographicException)
        {
            return (null, error.Message);
        }
    }
}
