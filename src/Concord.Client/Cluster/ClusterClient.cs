using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Cluster;

/// <summary>The servers themselves: who they are and how they do.</summary>
public sealed class ClusterClient
{
    private readonly Etcd.Cluster.ClusterClient _cluster;
    private readonly Etcd.Maintenance.MaintenanceClient _maintenance;

    internal ClusterClient(CallInvoker invoker)
    {
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
}
