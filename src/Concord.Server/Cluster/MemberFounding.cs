using System.Security.Cryptography;
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

    internal static MemberIdentity Found(ServerOptions options)
    {
        var self = ClusterFounding.IdOf(Texts(options.InitialAdvertisePeerUrls), options.InitialClusterToken);
        return new(FoundingOf(options).ClusterId, self.Value, options.Name);
    }

    internal static MemberId NewId(IReadOnlyList<string> peerUrls) => ClusterFounding.IdOf(peerUrls, RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <summary>All founders compute this alike, addresses included, so their first entry is the same whoever leads.</summary>
    internal static Membership Founders(ServerOptions options) => FoundingOf(options).Membership;

    private static ClusterFounding FoundingOf(ServerOptions options) => new(
        options.InitialCluster.Count == 0
            ? [new(options.Name, Texts(options.InitialAdvertisePeerUrls))]
            : [.. options.InitialCluster.Select(member => new Founder(member.Name, Texts(member.PeerUrls)))],
        options.InitialClusterToken);

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
}
