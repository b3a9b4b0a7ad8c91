using Concord.Protocol.Etcd;
using Google.Protobuf.Reflection;

namespace Concord.Server.Gateway;

/// <summary>Which path stands for which method of the API, as etcd's gateway has it.</summary>
internal static class GatewayRoutes
{
    private static readonly (Google.Protobuf.Reflection.ServiceDescriptor Service, string Prefix, (string Method, string Path)[] Methods)[] Services =
    [
        (Of("KV"), "/v3/kv", [("Range", "range"), ("RangeStream", "rangestream"), ("Put", "put"), ("DeleteRange", "deleterange"), ("Txn", "txn"), ("Compact", "compaction")]),
        (Of("Watch"), "/v3", [("Watch", "watch")]),
        (Of("Lease"), "/v3/lease", [("LeaseGrant", "grant"), ("LeaseRevoke", "revoke"), ("LeaseKeepAlive", "keepalive"), ("LeaseTimeToLive", "timetolive"), ("LeaseLeases", "leases")]),
        (Of("Lease"), "/v3/kv/lease", [("LeaseRevoke", "revoke"), ("LeaseTimeToLive", "timetolive"), ("LeaseLeases", "leases")]),
        (Of("Cluster"), "/v3/cluster/member", [("MemberAdd", "add"), ("MemberRemove", "remove"), ("MemberUpdate", "update"), ("MemberList", "list"), ("MemberPromote", "promote")]),
        (Of("Maintenance"), "/v3/maintenance", [("Alarm", "alarm"), ("Status", "status"), ("Defragment", "defragment"), ("Hash", "hash"), ("HashKV", "hashkv"), ("Snapshot", "snapshot"), ("MoveLeader", "transfer-leadership"), ("Downgrade", "downgrade")]),
        (Of("Auth"), "/v3/auth", [("AuthEnable", "enable"), ("AuthDisable", "disable"), ("AuthStatus", "status"), ("Authenticate", "authenticate")]),
        (Of("Auth"), "/v3/auth/user", [("UserAdd", "add"), ("UserGet", "get"), ("UserList", "list"), ("UserDelete", "delete"), ("UserChangePassword", "changepw"), ("UserGrantRole", "grant"), ("UserRevokeRole", "revoke")]),
        (Of("Auth"), "/v3/auth/role", [("RoleAdd", "add"), ("RoleGet", "get"), ("RoleList", "list"), ("RoleDelete", "delete"), ("RoleGrantPermission", "grant"), ("RoleRevokePermission", "revoke")]),
        (Of("Lock"), "/v3/lock", [("Lock", "lock"), ("Unlock", "unlock")]),
        (Of("Election"), "/v3/election", [("Campaign", "campaign"), ("Proclaim", "proclaim"), ("Leader", "leader"), ("Observe", "observe"), ("Resign", "resign")]),
    ];

    public static IEnumerable<(string Path, MethodDescriptor Method)> All =>
        Services.SelectMany(service => service.Methods.Select(method => ($"{service.Prefix}/{method.Path}", service.Service.FindMethodByName(method.Method))));

    private static Google.Protobuf.Reflection.ServiceDescriptor Of(string name) => new[] { EtcdserverpbReflection.Descriptor, V3LockpbReflection.Descriptor, V3ElectionpbReflection.Descriptor }
        .SelectMany(file => file.Services)
        .Single(service => service.Name == name);
}
