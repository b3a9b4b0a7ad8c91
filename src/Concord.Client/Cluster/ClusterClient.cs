using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Cluster;

/// <summary>The servers themselves: who they are and how they do.</summary>
public sealed class ClusterClient
{
    private readonly Etcd.Cluster.ClusterClient _cluster;
    private readonly Etcd.Maintenance.MaintenanceClient _maintenance;
    private readonly V1.Cluster.ClusterClient _administration;
    private readonly int _endpoints;

    internal ClusterClient(CallInvoker invoker, int endpoints)
    {
        _endpoints = endpoints;
        _administration = new V1.Cluster.ClusterClient(invoker);
        _cluster = new Etcd.Cluster.ClusterClient(invoker);
        _maintenance = new Etcd.Maintenance.MaintenanceClient(invoker);
    }

    /// <summary>
    /// The members as the answering server knows them: it need not reach the others for it.
    /// </summary>
    public async Task<IReadOnlyList<Member>> ListMembersAsync(CancellationToken cancellationToken = default)
    {
        var response = await _cluster.MemberListAsync(new(), cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return [.. response.Members.Select(member => new Member
        {
            Id = member.ID,
            Name = member.Name,
            PeerUrls = [.. member.PeerURLs],
            ClientUrls = [.. member.ClientURLs],
            IsLearner = member.IsLearner,
        })];
    }

    /// <summary>The state of the one server that answers: ask a client with a single endpoint to know which.</summary>
    public async Task<MemberStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        var response = await _maintenance.StatusAsync(new(), cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return new()
        {
            MemberId = response.Header.MemberId,
            ClusterId = response.Header.ClusterId,
            Version = response.Version,
            LeaderId = response.Leader,
            IsLearner = response.IsLearner,
            Revision = response.Header.Revision,
            Term = response.RaftTerm,
            AppliedIndex = response.RaftAppliedIndex,
            SizeBytes = response.DbSize,
            SizeInUseBytes = response.DbSizeInUse,
            QuotaBytes = response.DbSizeQuota,
            Errors = [.. response.Errors],
        };
    }

    /// <summary>The members as the majority agrees on them; needs a leader.</summary>
    public async Task<ClusterMembership> GetMembershipAsync(CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var response = await _administration.ListMembersAsync(new(), cancellationToken: cancellationToken)
                    .ResponseAsync.ConfigureAwait(false);
                return new(response.ClusterId, response.LeaderId, [.. response.Members.Select(Of)]);
            }
            catch (ConcordServerException error) when (error.Status == StatusCode.Unavailable && attempt < _endpoints)
            {
                // A member that was removed or is cut off has no leader; the next one may.
            }
        }
    }

    /// <summary>
    /// Adds and removes members in one step. What is added with a vote gets it by itself once it has caught up. After an
    /// <see cref="ConcordUnavailableException"/> list the members before you try again: it may have taken effect.
    /// </summary>
    public async Task<Reconfiguration> ReconfigureAsync(
        IReadOnlyList<NewMember> add, IReadOnlyList<ulong> remove, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(add);
        ArgumentNullException.ThrowIfNull(remove);
        var request = new V1.ReconfigureRequest();
        request.Add.AddRange(add.Select(one =>
        {
            var addition = new V1.MemberAddition { IsLearner = one.IsLearner, Replaces = one.Replaces };
            addition.PeerUrls.AddRange(one.PeerUrls);
            return addition;
        }));
        request.Remove.AddRange(remove);
        var response = await _administration.ReconfigureAsync(request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return new(response.Added, response.LeaderId, [.. response.Members.Select(Of)]);
    }

    /// <summary>Gives a learner that has caught up its vote.</summary>
    public async Task PromoteAsync(ulong member, CancellationToken cancellationToken = default) =>
        await _cluster.MemberPromoteAsync(new() { ID = member }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);

    /// <summary>Hands leadership to another voter. Only the leader can: use a client with its address alone.</summary>
    /// <param name="target">0: whoever would take over best.</param>
    public async Task MoveLeaderAsync(ulong target, CancellationToken cancellationToken = default) =>
        await _maintenance.MoveLeaderAsync(new() { TargetID = target }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);

    /// <summary>
    /// Begins a copy of everything the cluster holds as of one revision, while writes go on. Ask at the first endpoint
    /// that answers.
    /// </summary>
    /// <param name="local">What that member has, even without a leader; otherwise every write acknowledged before the call is in it.</param>
    public async Task<SnapshotDownload> SaveSnapshotAsync(bool local = false, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var call = _administration.SaveSnapshot(new() { Local = local }, cancellationToken: cancellationToken);
            try
            {
                return await SnapshotDownload.BeginAsync(call, cancellationToken).ConfigureAwait(false);
            }
            catch (ConcordUnavailableException error) when (error.NothingSent && attempt < _endpoints)
            {
                call.Dispose();
            }
            catch
            {
                call.Dispose();
                throw;
            }
        }
    }

    private static Member Of(V1.ClusterMember member) => new()
    {
        Id = member.Id,
        Name = member.Name,
        PeerUrls = [.. member.PeerUrls],
        ClientUrls = [.. member.ClientUrls],
        IsLearner = member.IsLearner,
        BecomesVoter = member.BecomesVoter,
        Replaces = member.Replaces,
    };
}
