namespace Concord.Server.Auth;

/// <summary>What the gate asks of a request before the service behind it looks at keys.</summary>
internal enum Guard
{
    /// <summary>The root role. What nobody listed is administration.</summary>
    Root,

    /// <summary>Somebody; what exactly may be done, the service decides by the keys.</summary>
    User,

    /// <summary>Anybody may ask; the service finds out who it is where that matters.</summary>
    Open,
}

/// <summary>
/// Which is which, by path. A method that is added and not listed here is the root role's, so forgetting it opens nothing.
/// </summary>
internal static class Guards
{
    private static readonly Dictionary<string, Guard> Paths = new(StringComparer.Ordinal)
    {
        ["/etcdserverpb.Auth/Authenticate"] = Guard.Open,
        ["/etcdserverpb.Auth/UserGet"] = Guard.User,
        ["/etcdserverpb.Auth/RoleGet"] = Guard.User,
        ["/etcdserverpb.KV/Range"] = Guard.User,
        ["/etcdserverpb.KV/RangeStream"] = Guard.User,
        ["/etcdserverpb.KV/Put"] = Guard.User,
        ["/etcdserverpb.KV/DeleteRange"] = Guard.User,
        ["/etcdserverpb.KV/Txn"] = Guard.User,
        ["/etcdserverpb.Watch/Watch"] = Guard.Open,
        ["/etcdserverpb.Lease/LeaseGrant"] = Guard.User,
        ["/etcdserverpb.Lease/LeaseRevoke"] = Guard.User,
        ["/etcdserverpb.Lease/LeaseKeepAlive"] = Guard.User,
        ["/etcdserverpb.Lease/LeaseTimeToLive"] = Guard.User,
        ["/etcdserverpb.Lease/LeaseLeases"] = Guard.User,
        ["/etcdserverpb.Cluster/MemberList"] = Guard.User,
        ["/etcdserverpb.Maintenance/Status"] = Guard.User,
        ["/etcdserverpb.Maintenance/Alarm"] = Guard.User,
        ["/concord.v1.Cluster/ListMembers"] = Guard.User,
        ["/concord.v1.Gossip/ListGossipMembers"] = Guard.User,
        ["/grpc.health.v1.Health/Check"] = Guard.Open,
        ["/grpc.health.v1.Health/Watch"] = Guard.Open,
    };

    /// <summary>Everything below: whole services, and pages for probes and people that show no data.</summary>
    private static readonly (PathString Path, Guard Guard)[] Folders =
    [
        ("/v3lockpb.Lock", Guard.User),
        ("/v3electionpb.Election", Guard.User),
        ("/concord.v1.Configs", Guard.User),
        ("/concord.v1.Registry", Guard.User),
        ("/v1", Guard.User),
        ("/grpc.reflection.v1.ServerReflection", Guard.Open),
        ("/grpc.reflection.v1alpha.ServerReflection", Guard.Open),

        // The gateway calls the API of this server with what the request brought; the gate stands before that call.
        ("/v3", Guard.Open),
        ("/health", Guard.Open),
        ("/livez", Guard.Open),
        ("/readyz", Guard.Open),
        ("/version", Guard.Open),
        ("/metrics", Guard.Open),
        ("/openapi", Guard.Open),
        ("/docs", Guard.Open),
    ];

    public static Guard Of(PathString path)
    {
        if (path.Value is { } text && Paths.TryGetValue(text, out var guard))
        {
            return guard;
        }

        foreach (var folder in Folders)
        {
            if (path.StartsWithSegments(folder.Path))
            {
                return folder.Guard;
            }
        }

        return Guard.Root;
    }
}
