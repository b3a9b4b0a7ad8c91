using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Concord.Server.Etcd;

/// <summary>etcd's Cluster service: who the members are.</summary>
internal sealed class ClusterService(EtcdStore store, ServerOptions options, IServer server) : Protocol.Etcd.Cluster.ClusterBase
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
        member.PeerURLs.AddRange(options.InitialAdvertisePeerUrls.Select(Text));
        member.ClientURLs.AddRange(ClientUrls());
        return new MemberListResponse { Header = store.Header(0), Members = { member } };
    }

    /// <summary>The only member of a cluster cannot leave it; whoever asks for another one has the wrong number.</summary>
    public override Task<MemberRemoveResponse> MemberRemove(MemberRemoveRequest request, ServerCallContext context) => throw NotOffered(request.ID);

    public override Task<MemberUpdateResponse> MemberUpdate(MemberUpdateRequest request, ServerCallContext context) => throw NotOffered(request.ID);

    public override Task<MemberPromoteResponse> MemberPromote(MemberPromoteRequest request, ServerCallContext context) =>
        throw (request.ID == store.Replica.Status.MemberId ? EtcdErrors.MemberNotLearner() : EtcdErrors.MemberNotFound());

    private RpcException NotOffered(ulong member) => member == store.Replica.Status.MemberId
        ? EtcdErrors.Unimplemented("etcdserver: a cluster of one member cannot be changed")
        : EtcdErrors.MemberNotFound();

    private static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private IEnumerable<string> ClientUrls() => options.AdvertiseClientUrls.Count > 0
        ? options.AdvertiseClientUrls.Select(Text)
        : server.Features.Get<IServerAddressesFeature>()?.Addresses.Select(address => Text(new Uri(address))) ?? [];
}
