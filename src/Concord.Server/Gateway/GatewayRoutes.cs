using Concord.Protocol.Etcd;
using Google.Protobuf.Reflection;

namespace Concord.Server.Gateway;

/// <summary>Which path stands for which method of the API, as etcd's gateway has it.</summary>
internal static class GatewayRoutes
{
    private static readonly (string Service, string Prefix, (string Method, string Path)[] Methods)[] Services =
    [
        ("KV", "/v3/kv", [("Range", "range"), ("RangeStream", "rangestream"), ("Put", "put"), ("DeleteRange", "deleterange"), ("Txn", "txn"), ("Compact", "compaction")]),
        ("Watch", "/v3", [("Watch", "watch")]),
        ("Lease", "/v3/lease", [("LeaseGrant", "grant"), ("LeaseRevoke", "revoke"), ("LeaseKeepAlive", "keepalive"), ("LeaseTimeToLive", "timetolive"), ("LeaseLeases", "leases")]),
        ("Lease", "/v3/kv/lease", [("LeaseRevoke", "revoke"), ("LeaseTimeToLive", "timetolive"), ("LeaseLeases", "leases")]),
        ("Cluster", "/v3/cluster/member", [("MemberAdd", "add"), ("MemberRemove", "remove"), ("MemberUpdate", "update"), ("MemberList", "list"), ("MemberPromote", "promote")]),
        ("Maintenance", "/v3/maintenance", [("Alarm", "alarm"), ("Status", "status"), ("Defragment", "defragment"), ("Hash", "hash"), ("HashKV", "hashkv"), ("Snapshot", "snapshot"), ("MoveLeader", "transfer-leadership"), ("Downgrade", "downgrade")]),
        ("Auth", "/v3/auth", [("AuthEnable", "enable"), ("AuthDisable", "disable"), ("AuthStatus", "status"), ("Authenticate", "authenticate")]),
        ("Auth", "/v3/auth/user", [("UserAdd", "add"), ("UserGet", "get"), ("UserList", "list"), ("UserDelete", "delete"), ("UserChangePassword", "changepw"), ("UserGrantRole", "grant"), ("UserRevokeRole", "revoke")]),
        ("Auth", "/v3/auth/role", [("RoleAdd", "add"), ("RoleGet", "get"), ("RoleList", "list"), ("RoleDelete", "delete"), ("RoleGrantPermission", "grant"), ("RoleRevokePermission", "revoke")]),
        ("Lock", "/v3/lock", [("Lock", "lock"), ("Unlock", "unlock")]),
        ("Election", "/v3/election", [("Campaign", "campaign"), ("Proclaim", "proclaim"), ("Leader", "leader"), ("Observe", "observe"), ("Resign", "resign")]),
    ];

    public static IEnumerable<GatewayRoute> All =>
        Services.SelectMany(service => service.Methods.Select(method => new GatewayRoute($"{service.Prefix}/{method.Path}", service.Service, method.Method)));
}

internal sealed record GatewayRoute(string Path, string Service, string Method)
{
    /// <summary>
    /// What the method's messages look like. To be asked for by the first call only: descriptions of all messages take a tenth
    /// of a second to make, and many a server is never called by this way.
    /// </summary>
    public MethodDescriptor Describe() => new[] { EtcdserverpbReflection.Descriptor, V3LockpbReflection.Descriptor, V3ElectionpbReflection.Descriptor }
        .SelectMany(file => file.Services)
        .Single(service => service.Name == Service)
        .FindMethodByName(Method);
}
