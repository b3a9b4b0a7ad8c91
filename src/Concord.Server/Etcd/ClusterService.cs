using Concord.Protocol.Etcd;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>etcd's Cluster service: who the members are.</summary>
internal sealed class ClusterService(EtcdStore store) : Cluster.ClusterBase
{
    public override async Task<MemberListResponse> MemberList(MemberListRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        if (request.Linearizable)
        {
            // The list is this member's; a read through the quorum proves that the member is up to date.
            await store.ReadAsync(serializable: false, context.CancellationToken).ConfigureAwait(false);
        }

        var status = store.Replica.Status;
        var member = new Member { ID = status.MemberId, Name = status.MemberName, IsLearner = status.IsLearner };
        member.PeerURLs.AddRange(store.Options.AdvertisePeerUrls);
        member.ClientURLs.AddRange(store.Options.AdvertiseClientUrls);
        return new MemberListResponse { Header = store.Header(0), Members = { member } };
    }
}
