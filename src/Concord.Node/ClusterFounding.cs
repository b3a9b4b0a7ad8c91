using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Concord.Raft;

namespace Concord.Node;

/// <param name="PeerUrls">As texts without a slash at the end: the same text must come out on every machine.</param>
public sealed record Founder(string Name, IReadOnlyList<string> PeerUrls);

/// <summary>
/// The numbers and the first configuration of a new cluster. Every founding member computes them for itself from the same
/// settings, so that all of them mean the same cluster before anybody has talked: a member's number comes from its addresses
/// and the token, the cluster's from its members'. Eight bytes of a hash do not collide among a few members.
/// </summary>
public sealed class ClusterFounding
{
    public ClusterFounding(IReadOnlyList<Founder> founders, string token)
    {
        ArgumentNullException.ThrowIfNull(founders);
        var directory = MemberDirectory.Empty;
        var ids = new List<MemberId>();
        foreach (var founder in founders)
        {
            var id = IdOf(founder.PeerUrls, token);
            ids.Add(id);
            directory = directory.With(id, new(founder.Name, founder.PeerUrls, []));
        }

        ids.Sort();
        var bytes = new byte[ids.Count * sizeof(ulong)];
        for (var i = 0; i < ids.Count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong)), ids[i].Value);
        }

        ClusterId = Hash(bytes);
        Membership = Membership.Of(ids) with { Context = directory.Encode() };
    }

    public ulong ClusterId { get; }

    /// <summary>All founders as voters, with names and addresses.</summary>
    public Membership Membership { get; }

    public static MemberId IdOf(IReadOnlyList<string> peerUrls, string token) =>
        new(Hash(Encoding.UTF8.GetBytes(string.Join(',', peerUrls.Order(StringComparer.Ordinal)) + "\n" + token)));

    /// <summary>The number of a member that is added later: also from its addresses, and unlike that of an earlier one there.</summary>
    /// <param name="salt">Never the same twice.</param>
    public static MemberId IdOf(IReadOnlyList<string> peerUrls, ReadOnlySpan<byte> salt) =>
        new(Hash([.. Encoding.UTF8.GetBytes(string.Join(',', peerUrls)), .. salt]));

    /// <summary>
    /// Never zero, which means "nobody" everywhere, and always sixteen digits long: etcd's tools pad shorter numbers with blanks in some
    /// of their tables, and what is copied from there into a command would not be found.
    /// </summary>
    private static ulong Hash(byte[] bytes)
    {
        var hash = BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(bytes));
        return hash >> 60 == 0 ? hash | (1UL << 60) : hash;
    }
}
