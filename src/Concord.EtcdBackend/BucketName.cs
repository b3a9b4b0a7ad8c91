namespace Concord.EtcdBackend;

/// <summary>The buckets of etcd's database, and the keys in those that have a fixed few.</summary>
internal static class BucketName
{
    /// <summary>Every change of a key: see <see cref="RevisionKey"/>.</summary>
    public const string Key = "key";

    public const string Meta = "meta";

    /// <summary>Lease id (8 bytes, big-endian) to leasepb.Lease.</summary>
    public const string Lease = "lease";

    public const string Alarm = "alarm";

    public const string Cluster = "cluster";

    /// <summary>Member id in hexadecimal to a JSON document.</summary>
    public const string Members = "members";

    public const string MembersRemoved = "members_removed";

    public const string Auth = "auth";

    /// <summary>User name to authpb.User.</summary>
    public const string AuthUsers = "authUsers";

    /// <summary>Role name to authpb.Role.</summary>
    public const string AuthRoles = "authRoles";

    public static class MetaKey
    {
        public const string ConsistentIndex = "consistent_index";
        public const string Term = "term";
        public const string FinishedCompaction = "finishedCompactRev";
        public const string ScheduledCompaction = "scheduledCompactRev";
        public const string ConfState = "confState";
    }

    public static class ClusterKey
    {
        public const string Version = "clusterVersion";
    }

    public static class AuthKey
    {
        public const string Enabled = "authEnabled";
        public const string Revision = "authRevision";
    }
}
