using System.Text;
using Concord.Mvcc;

namespace Concord.Server.Registry.Records;

/// <summary>
/// Where the registry keeps things in the store.
/// <code>
/// /concord/registry/instances/SERVICE/ID               what the instance is and how it does (InstanceRecord)
/// /concord/registry/beats/SERVICE/ID                   empty, on a lease: the instance gave a sign of life
/// /concord/registry/maintenance/instances/SERVICE/ID   out of service (MaintenanceRecord); outlives the instance
/// /concord/registry/maintenance/zones/ZONE             all that are in the zone are out of service
/// /concord/registry/services/SERVICE                   what operators have said about the service (ServiceRecord)
/// /concord/registry/checkers/MEMBER                    empty, on a lease: the member runs health checks
/// </code>
/// </summary>
internal static class RegistryKeys
{
    public const string Prefix = "/concord/registry/";

    public const string InstancesPrefix = Prefix + "instances/";
    public const string BeatsPrefix = Prefix + "beats/";
    public const string InstanceMaintenancePrefix = Prefix + "maintenance/instances/";
    public const string ZoneMaintenancePrefix = Prefix + "maintenance/zones/";
    public const string ServicesPrefix = Prefix + "services/";
    public const string CheckersPrefix = Prefix + "checkers/";

    public static KeyRange All { get; } = Under(Prefix);

    public static KeyRange Zones { get; } = Under(ZoneMaintenancePrefix);

    public static KeyRange Checkers { get; } = Under(CheckersPrefix);

    public static ReadOnlyMemory<byte> Instance(string service, string id) => Bytes($"{InstancesPrefix}{service}/{id}");

    public static KeyRange Instances(string service) => Under($"{InstancesPrefix}{service}/");

    /// <summary>Of all services whose names begin so.</summary>
    public static KeyRange InstancesFrom(string prefix) => Under(InstancesPrefix + prefix);

    public static ReadOnlyMemory<byte> Beat(string service, string id) => Bytes($"{BeatsPrefix}{service}/{id}");

    public static KeyRange Beats(string service) => Under($"{BeatsPrefix}{service}/");

    public static KeyRange BeatsFrom(string prefix) => Under(BeatsPrefix + prefix);

    public static ReadOnlyMemory<byte> Maintenance(string service, string id) => Bytes($"{InstanceMaintenancePrefix}{service}/{id}");

    public static KeyRange Maintenances(string service) => Under($"{InstanceMaintenancePrefix}{service}/");

    public static KeyRange MaintenancesFrom(string prefix) => Under(InstanceMaintenancePrefix + prefix);

    public static ReadOnlyMemory<byte> Zone(string zone) => Bytes(ZoneMaintenancePrefix + zone);

    public static ReadOnlyMemory<byte> Service(string service) => Bytes(ServicesPrefix + service);

    public static KeyRange ServicesFrom(string prefix) => Under(ServicesPrefix + prefix);

    public static ReadOnlyMemory<byte> Checker(string member) => Bytes(CheckersPrefix + member);

    /// <summary>The service and the id at the end of a key.</summary>
    public static (string Service, string Id) NameOf(KeyVersion item, string prefix)
    {
        var tail = Tail(item, prefix);
        var slash = tail.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (tail, "") : (tail[..slash], tail[(slash + 1)..]);
    }

    public static string Tail(KeyVersion item, string prefix) => Encoding.UTF8.GetString(item.KeySpan[prefix.Length..]);

    public static bool IsUnder(KeyVersion item, ReadOnlySpan<byte> prefix) => item.KeySpan.StartsWith(prefix);

    private static KeyRange Under(string prefix) => KeyRange.Prefix(Bytes(prefix));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
