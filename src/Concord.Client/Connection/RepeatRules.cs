using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Connection;

/// <summary>Which calls may be made again after which failure.</summary>
/// <remarks>
/// A read may be made again after any failure that another attempt could mend. A write may only when it is certain that it was not
/// applied: it never left this process, or the server says so by a text that it has for nothing else. "Request timed out" and
/// "server stopped" are no such texts: a write that was under way may be applied all the same.
/// </remarks>
internal static class RepeatRules
{
    /// <summary>etcd's texts, and Concord's, for a call that was turned away before it was taken.</summary>
    private static readonly string[] NotTaken =
    [
        "etcdserver: no leader",
        "etcdserver: too many requests",
        LearnerRefusal,
    ];

    private const string LearnerRefusal = "etcdserver: rpc not supported for learner";

    private static readonly HashSet<string> Reads =
    [
        "/etcdserverpb.KV/Range",
        "/etcdserverpb.Lease/LeaseTimeToLive",
        "/etcdserverpb.Lease/LeaseLeases",
        "/etcdserverpb.Cluster/MemberList",
        "/etcdserverpb.Auth/AuthStatus",
        "/etcdserverpb.Auth/UserGet",
        "/etcdserverpb.Auth/UserList",
        "/etcdserverpb.Auth/RoleGet",
        "/etcdserverpb.Auth/RoleList",
        "/concord.v1.Configs/ListApplications",
        "/concord.v1.Configs/ListConfigurations",
        "/concord.v1.Configs/GetConfiguration",
        "/concord.v1.Configs/Diff",
        "/concord.v1.Configs/ListReleases",
        "/concord.v1.Configs/GetRelease",
        "/concord.v1.Configs/GetEffective",
        "/concord.v1.Configs/Explain",
        "/concord.v1.Configs/ListInstances",
        "/concord.v1.Cluster/ListMembers",
        "/concord.v1.Gossip/ListGossipMembers",
    ];

    /// <param name="method">Its full name, <c>/package.Service/Method</c>.</param>
    public static bool IsRead(string method, object request) =>
        Reads.Contains(method) || request is Etcd.TxnRequest transaction && transaction.Success.Concat(transaction.Failure).All(IsRead);

    public static bool MayRepeat(Exception error, bool isRead) => error switch
    {
        ConcordUnavailableException unreachable => !unreachable.TimedOut && (isRead || unreachable.NothingSent),
        ConcordServerException refused => (isRead && refused.IsTransient) || IsNotTaken(refused),
        _ => false,
    };

    /// <summary>Whether another endpoint may do better than the one that gave this error.</summary>
    public static bool BlamesEndpoint(Exception error) =>
        error is ConcordUnavailableException or ConcordServerException { Status: StatusCode.Unavailable }
            || error is ConcordServerException refused && refused.Detail.Message == LearnerRefusal;

    private static bool IsNotTaken(ConcordServerException refused) =>
        NotTaken.Contains(refused.Detail.Message) || refused.Code is "no_leader" or "too_many_requests";

    private static bool IsRead(Etcd.RequestOp operation) => operation.RequestCase switch
    {
        Etcd.RequestOp.RequestOneofCase.RequestRange => true,
        Etcd.RequestOp.RequestOneofCase.RequestTxn => operation.RequestTxn.Success.Concat(operation.RequestTxn.Failure).All(IsRead),
        _ => false,
    };
}
