using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;
using Concord.Storage;

namespace Concord.Server.Cluster;

/// <summary>The cluster cannot be founded or joined like this; the message says why and what to do.</summary>
internal sealed class FoundingException(string message) : Exception(message);

/// <summary>Who this member is, and what it starts with if its data directory holds nothing yet.</summary>
/// <param name="First">Founders, or the empty configuration of a member that joins.</param>
/// <param name="Problem">Why an empty data directory cannot be started with, or null.</param>
internal sealed record Founding(MemberIdentity Identity, Membership First, string? Problem);

/// <summary>
/// Decides who this member is. The data directory says so once it has been set up, whatever the flags of the founding say later;
/// an empty one is founded from the flags, or joins a running cluster.
/// </summary>
internal static class MemberFounding
{
    /// <summary>How long a member that joins waits for somebody to tell it who the members are.</summary>
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);

    /// <exception cref="StorageDamagedException">The identity is there and cannot be read.</exception>
    /// <exception cref="FoundingException">The cluster cannot be founded or joined like this.</exception>
    public static Founding Decide(IDisk disk, ServerOptions options, Func<MemberIdentity, PeerOptions> peers, CancellationToken cancellation)
    {
        var founded = Found(options);
        if (MemberFile.TryRead(disk) is { } known)
        {
            return Again(known with { Name = options.Name }, founded, options);
        }

        if (options.InitialClusterState == "existing")
        {
            return Join(options, peers(founded), cancellation);
        }

        if (options.InitialCluster.Count > 1)
        {
            CheckNeverStarted(founded, options, peers(founded), cancellation);
        }

        return new(founded, Founders(options), null);
    }

    /// <summary>
    /// Every founding member computes the same numbers: a member's from its addresses and the token, the cluster's from its
    /// members'. Eight bytes of a hash do not collide among a few members.
    /// </summary>
    internal static MemberIdentity Found(ServerOptions options)
    {
        var self = IdOf(options.InitialAdvertisePeerUrls, options.InitialClusterToken);
        ulong[] members = options.InitialCluster.Count == 0
            ? [self]
            : [.. options.InitialCluster.Select(member => IdOf(member.PeerUrls, options.InitialClusterToken)).Order()];
        var bytes = new byte[members.Length * sizeof(ulong)];
        for (var i = 0; i < members.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong)), members[i]);
        }

        return new(Hash(bytes), self, options.Name);
    }

    /// <summary>The number of a member that is added later: also from its addresses, and unlike that of an earlier one there.</summary>
    internal static MemberId NewId(IReadOnlyList<string> peerUrls) =>
        new(Hash([.. Encoding.UTF8.GetBytes(string.Join(',', peerUrls)), .. RandomNumberGenerator.GetBytes(sizeof(ulong))]));

    /// <summary>All founders compute this alike, addresses included, so their first entry is the same whoever leads.</summary>
    internal static Membership Founders(ServerOptions options)
    {
        IReadOnlyList<InitialMember> members = options.InitialCluster.Count > 0
            ? options.InitialCluster
            : [new(options.Name, options.InitialAdvertisePeerUrls)];
        var directory = MemberDirectory.Empty;
        var ids = new List<MemberId>();
        foreach (var member in members)
        {
            var id = new MemberId(IdOf(member.PeerUrls, options.InitialClusterToken));
            ids.Add(id);
            directory = directory.With(id, new(member.Name, Texts(member.PeerUrls), []));
        }

        return Membership.Of(ids) with { Context = directory.Encode() };
    }

    private static Founding Again(MemberIdentity known, MemberIdentity founded, ServerOptions options)
    {
        if (options.InitialClusterState == "existing")
        {
            return new(known, Membership.Empty, null);
        }

        var isSame = known.ClusterId == founded.ClusterId && known.MemberId == founded.MemberId;
        return new(known, Founders(options), isSame ? null
            : $"The data directory was set up for member {known.MemberId:x} of cluster {known.ClusterId:x} and holds no entry yet, but the flags "
            + $"found member {founded.MemberId:x} of cluster {founded.ClusterId:x}. Start with the --initial-cluster, --initial-advertise-peer-urls and "
            + "--initial-cluster-token of the first start, or with --initial-cluster-state existing if it joined; or empty the directory.");
    }

    /// <summary>
    /// A founder whose data is gone would vote and acknowledge again what it has forgotten. The others know that it has run.
    /// </summary>
    private static void CheckNeverStarted(MemberIdentity self, ServerOptions options, PeerOptions peers, CancellationToken cancellation)
    {
        foreach (var url in OthersOf(options))
        {
            var (facts, _) = ClusterFacts.Ask(url, peers, cancellation);
            if (facts is not null && facts.ClusterId == self.ClusterId && MemberDirectory.Of(facts.Membership)[new(self.MemberId)].HasStarted)
            {
                throw new FoundingException(
                    $"member '{options.Name}' has run before, says {FlagValue.Show(url)}, but its data directory is empty. Put the data back; "
                    + "if it is lost, remove the member, add it as a new one, and start it with --initial-cluster-state existing");
            }
        }
    }

    private static Founding Join(ServerOptions options, PeerOptions peers, CancellationToken cancellation)
    {
        var problems = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var patience = JoinPatience; patience > TimeSpan.Zero; patience -= AskAgain)
        {
            foreach (var url in OthersOf(options))
            {
                var (facts, problem) = ClusterFacts.Ask(url, peers, cancellation);
                if (facts is { Membership.Voters.Count: > 0 } && Join(options, facts, out problem) is { } founding)
                {
                    return founding;
                }

                problems[FlagValue.Show(url)] = problem ?? "it has not joined itself yet";
            }

            if (cancellation.WaitHandle.WaitOne(AskAgain))
            {
                cancellation.ThrowIfCancellationRequested();
            }
        }

        throw new FoundingException("cannot join: " + string.Join("; ", problems.Select(pair => $"{pair.Key}: {pair.Value}")));
    }

    private static Founding? Join(ServerOptions options, ClusterFacts facts, out string? problem)
    {
        var urls = Texts(options.InitialAdvertisePeerUrls).Order(StringComparer.Ordinal).ToArray();
        var directory = MemberDirectory.Of(facts.Membership);
        var self = directory.Members.FirstOrDefault(member => member.Value.PeerUrls.Order(StringComparer.Ordinal).SequenceEqual(urls));
        problem = self.Key.IsNone
            ? $"the cluster has no member with the peer addresses {string.Join(',', urls)}; add it first (member add), or make --initial-advertise-peer-urls what was added"
            : self.Value.HasStarted
            ? $"the member with the peer addresses {string.Join(',', urls)} has run before, but its data directory is empty; put the data back, or remove the member and add it as a new one"
            : null;
        return problem is null ? new(new(facts.ClusterId, self.Key.Value, options.Name), Membership.Empty, null) : null;
    }

    private static IEnumerable<Uri> OthersOf(ServerOptions options) =>
        options.InitialCluster.Where(member => member.Name != options.Name).SelectMany(member => member.PeerUrls);

    private static string[] Texts(IReadOnlyList<Uri> urls) => [.. urls.Select(FlagValue.Show)];

    private static ulong IdOf(IReadOnlyList<Uri> urls, string token) =>
        Hash(Encoding.UTF8.GetBytes(string.Join(',', urls.Select(FlagValue.Show).Order(StringComparer.Ordinal)) + "\n" + token));

    /// <summary>Zero means "nobody" everywhere, so it is no identity.</summary>
    private static ulong Hash(byte[] bytes) => Math.Max(1, BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(bytes)));
}
