using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Concord.Storage;

namespace Concord.Server.Cluster;

/// <summary>
/// Who this member is. The data directory says so once it has been set up, whatever the flags of the founding say later;
/// an empty one is founded from the flags.
/// </summary>
internal static class MemberFounding
{
    /// <exception cref="StorageDamagedException">The identity is there and cannot be read.</exception>
    public static MemberIdentity ReadOrFound(IDisk disk, ServerOptions options) =>
        MemberFile.TryRead(disk) is { } found ? found with { Name = options.Name } : Found(options);

    /// <summary>
    /// Every founding member computes the same numbers: a member's from its addresses and the token, the cluster's from its
    /// members'. Eight bytes of a hash do not collide among a few members.
    /// </summary>
    internal static MemberIdentity Found(ServerOptions options)
    {
        var self = MemberId(options.InitialAdvertisePeerUrls, options.InitialClusterToken);
        ulong[] members = options.InitialCluster.Count == 0
            ? [self]
            : [.. options.InitialCluster.Select(member => MemberId(member.PeerUrls, options.InitialClusterToken)).Order()];
        var bytes = new byte[members.Length * sizeof(ulong)];
        for (var i = 0; i < members.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong)), members[i]);
        }

        return new(Hash(bytes), self, options.Name);
    }

    private static ulong MemberId(IReadOnlyList<Uri> urls, string token) =>
        Hash(Encoding.UTF8.GetBytes(string.Join(',', urls.Select(FlagValue.Show).Order(StringComparer.Ordinal)) + "\n" + token));

    /// <summary>Zero means "nobody" everywhere, so it is no identity.</summary>
    private static ulong Hash(byte[] bytes) => Math.Max(1, BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(bytes)));
}
