using System.Globalization;
using Concord.Node;
using Concord.Raft;
using Concord.Server.Cluster;
using Concord.Server.Replica;

namespace Concord.Server.Administration;

/// <summary>A member to add.</summary>
/// <param name="IsLearner">Without a vote for good. Others get one as soon as they have caught up.</param>
/// <param name="Replaces">The voter that leaves when this one gets its vote; 0 for none.</param>
internal sealed record MemberAddition(IReadOnlyList<string> PeerUrls, bool IsLearner = false, ulong Replaces = 0);

/// <summary>Changes of membership as people order them, on whichever member they do.</summary>
internal sealed class MemberEditor(LocalReplica replica, ServerOptions options)
{
    /// <summary>
    /// The leader begins to count anew who is heard after each check of its quorum. Within a few heartbeats it knows again.
    /// </summary>
    private const int HeartbeatsUntilHeard = 5;

    /// <summary>Who belongs to the cluster, as agreed on before this call.</summary>
    public async Task<IReadOnlyList<ClusterMember>> ListAsync(CancellationToken cancellation)
    {
        // The list is this member's; a read through the quorum proves that the member is up to date.
        await replica.ReadAsync(cancellation).ConfigureAwait(false);
        return replica.Members;
    }

    /// <summary>Adds and removes in one step. Returns the ids of those added, in their order.</summary>
    /// <exception cref="MembershipException">The changes are wrong in themselves.</exception>
    /// <exception cref="ReplicaException">Not possible at present, or the fate is unknown.</exception>
    public async Task<IReadOnlyList<ulong>> ReconfigureAsync(
        IReadOnlyList<MemberAddition> add, IReadOnlyList<ulong> remove, CancellationToken cancellation)
    {
        if (add.Count == 0 && remove.Count == 0)
        {
            throw new MembershipException(MembershipProblem.BadChange, "There is nothing to change: name members to add or to remove.");
        }

        var members = await ListAsync(cancellation).ConfigureAwait(false);
        CheckLeaving(members, [.. remove, .. add.Where(one => one.Replaces != 0).Select(one => one.Replaces)]);
        CheckLearners(members.Where(member => !remove.Contains(member.Id)), add);
        var changes = remove.Select(id => new MemberChange(MemberChangeKind.Remove, new(id))).ToList();
        var info = new Dictionary<MemberId, MemberInfo>();
        var taken = members.Where(member => !remove.Contains(member.Id)).SelectMany(member => member.PeerUrls).ToHashSet();
        foreach (var one in add)
        {
            var urls = Checked(one.PeerUrls, taken);
            var id = MemberFounding.NewId(urls);

            // Every member begins as a learner. A voter that has not caught up, or is not even started, would count without helping.
            changes.Add(new(MemberChangeKind.AddLearner, id));
            info.Add(id, new("", urls, [], BecomesVoter: !one.IsLearner, new(one.Replaces)));
        }

        await ChangeAsync(changes, info, cancellation).ConfigureAwait(false);
        return [.. info.Keys.Select(id => id.Value)];
    }

    /// <summary>Gives a learner its vote. Whom it replaces leaves in the same step.</summary>
    public async Task PromoteAsync(ulong id, CancellationToken cancellation)
    {
        var member = Find(await ListAsync(cancellation).ConfigureAwait(false), id);
        if (!member.IsLearner)
        {
            throw new MembershipException(MembershipProblem.NotALearner, $"Member {Hex(id)} has a vote already.");
        }

        var changes = new List<MemberChange> { new(MemberChangeKind.AddVoter, new(id)) };
        if (member.Replaces != 0)
        {
            changes.Add(new(MemberChangeKind.Remove, new(member.Replaces)));
        }

        await ChangeAsync(changes, new() { [new(id)] = new(member.Name, member.PeerUrls, member.ClientUrls) }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Moves a member to other peer addresses.</summary>
    public async Task UpdateAsync(ulong id, IReadOnlyList<string> peerUrls, CancellationToken cancellation)
    {
        var members = await ListAsync(cancellation).ConfigureAwait(false);
        var member = Find(members, id);
        var urls = Checked(peerUrls, members.Where(other => other.Id != id).SelectMany(other => other.PeerUrls).ToHashSet());
        var moved = new MemberInfo(member.Name, urls, member.ClientUrls, member.BecomesVoter, new(member.Replaces));
        await ChangeAsync([], new() { [new(id)] = moved }, cancellation).ConfigureAwait(false);
    }

    private async Task ChangeAsync(List<MemberChange> changes, Dictionary<MemberId, MemberInfo> info, CancellationToken cancellation)
    {
        var leaves = changes.Contains(new(MemberChangeKind.Remove, new(replica.Status.MemberId)));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (leaves)
                {
                    await LeaveAsync(changes, info, cancellation).ConfigureAwait(false);
                    return;
                }

                await replica.ChangeMembershipAsync(changes, info, cancellation).ConfigureAwait(false);

                // Committed by the leader, maybe not applied here yet: what is listed next must show it.
                await replica.ReadAsync(cancellation).ConfigureAwait(false);
                return;
            }
            catch (ReplicaException error) when (IsAboutHeard(error.Failure) && attempt < HeartbeatsUntilHeard)
            {
                await Task.Delay(options.HeartbeatInterval, replica.Time, cancellation).ConfigureAwait(false);
            }
            catch (ReplicaException error) when (LeavesFateOpen(error.Failure) && !leaves)
            {
                // A leader that removes itself is often gone before its word arrives. What became of the change can be seen.
                if (await HasHappenedAsync(changes, info, cancellation).ConfigureAwait(false))
                {
                    return;
                }

                throw;
            }
        }
    }

    /// <summary>A change that this member itself leaves by. The leader's word about it does not reach a member that is none any more.</summary>
    private async Task LeaveAsync(List<MemberChange> changes, Dictionary<MemberId, MemberInfo> info, CancellationToken cancellation)
    {
        var others = replica.Members.Where(member => member.Id != replica.Status.MemberId).ToArray();
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var seen = SeenFromOutsideAsync();
        try
        {
            await (await Task.WhenAny(replica.ChangeMembershipAsync(changes, info, cancellation), seen).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (ReplicaException error) when (LeavesFateOpen(error.Failure))
        {
            // The others may have hung up because of the change, or for another reason.
            var patience = Task.Delay(2 * options.ElectionTimeout, replica.Time, cancellation);
            if (await Task.WhenAny(seen, patience).ConfigureAwait(false) == patience)
            {
                throw;
            }

            await seen.ConfigureAwait(false);
        }
        finally
        {
            await answered.CancelAsync().ConfigureAwait(false);
        }

        async Task SeenFromOutsideAsync()
        {
            do
            {
                await Task.Delay(options.HeartbeatInterval, replica.Time, answered.Token).ConfigureAwait(false);
            }
            while (!await replica.HasLeftAsync(others, answered.Token).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// Whether a change is in force. A read through the quorum settles what became of entries of earlier leaders; a joint
    /// configuration then ends by itself within a few heartbeats.
    /// </summary>
    private async Task<bool> HasHappenedAsync(List<MemberChange> changes, Dictionary<MemberId, MemberInfo> info, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var members = (await ListAsync(cancellation).ConfigureAwait(false)).ToDictionary(member => new MemberId(member.Id));
            var holds = changes.All(change => members.TryGetValue(change.Member, out var member)
                    ? change.Kind == MemberChangeKind.AddLearner || (change.Kind == MemberChangeKind.AddVoter && !member.IsLearner)
                    : change.Kind == MemberChangeKind.Remove)
                && info.All(pair => members.TryGetValue(pair.Key, out var member) && member.PeerUrls.SequenceEqual(pair.Value.PeerUrls));
            if (holds || attempt == HeartbeatsUntilHeard)
            {
                return holds;
            }

            await Task.Delay(options.HeartbeatInterval, replica.Time, cancellation).ConfigureAwait(false);
        }
    }

    private static bool LeavesFateOpen(ReplicaFailure failure) =>
        failure is ReplicaFailure.LeaderFailed or ReplicaFailure.ConnectionLost or ReplicaFailure.TimedOut;

    private static bool IsAboutHeard(ReplicaFailure failure) =>
        failure is ReplicaFailure.Unhealthy or ReplicaFailure.NotEnoughStarted or ReplicaFailure.LearnerNotReady;

    /// <summary>
    /// Counts those that stay without a vote; a learner that is about to get one leaves their number by itself. Two that are added at
    /// the same moment may both pass: the limit keeps leaders from feeding many, which one more does not change.
    /// </summary>
    private void CheckLearners(IEnumerable<ClusterMember> staying, IReadOnlyList<MemberAddition> add)
    {
        var added = add.Count(one => one.IsLearner);
        var present = staying.Count(member => member is { IsLearner: true, BecomesVoter: false });
        if (added > 0 && present + added > options.MaxLearners)
        {
            throw new MembershipException(
                MembershipProblem.TooManyLearners, $"With this change {present + added} members would be learners; --max-learners allows {options.MaxLearners}.");
        }
    }

    private static void CheckLeaving(IReadOnlyList<ClusterMember> members, ulong[] leaving)
    {
        foreach (var id in leaving)
        {
            Find(members, id);
        }

        if (leaving.Distinct().Count() != leaving.Length)
        {
            throw new MembershipException(MembershipProblem.BadChange, "A member is removed or replaced twice.");
        }
    }

    private static ClusterMember Find(IReadOnlyList<ClusterMember> members, ulong id) =>
        members.FirstOrDefault(member => member.Id == id)
        ?? throw new MembershipException(MembershipProblem.NotFound, $"There is no member {Hex(id)}.");

    private static string[] Checked(IReadOnlyList<string> urls, HashSet<string> taken)
    {
        string[] parsed = [.. urls.Select(Checked)];
        if (parsed.Length == 0)
        {
            throw new MembershipException(MembershipProblem.BadUrls, "A member needs an address that the others can reach: http://HOST:PORT.");
        }

        return Array.Find(parsed, url => !taken.Add(url)) is { } twice
            ? throw new MembershipException(MembershipProblem.UrlTaken, $"Another member has the address {twice}.")
            : parsed;
    }

    private static string Checked(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https" && parsed.PathAndQuery == "/" && parsed.Port > 0
            ? FlagValue.Show(parsed)
            : throw new MembershipException(MembershipProblem.BadUrls, $"'{url}' is no address of a member; write http://HOST:PORT.");

    private static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);
}
