using System.Reflection;

namespace Concord.Server.Hosting;

/// <summary>What this server says it is.</summary>
internal static class ServerVersion
{
    /// <summary>The level of the etcd API that is served. Clients switch features on by it.</summary>
    public const string EtcdApi = "3.6.14";

    public static string Product { get; } =
        typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Without the patch: what all members of a cluster have in common, and what reads their snapshots.</summary>
    private const string Cluster = "3.6.0";

    public static VersionAnswer Answer { get; } = new(EtcdApi, Cluster, Cluster, Product);
}
