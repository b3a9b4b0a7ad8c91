using Concord.Protocol.Etcd;

namespace Concord.EtcdBackend;

/// <summary>Users, roles and whether they are asked for.</summary>
/// <param name="Revision">Counts the changes; 1 where there was none.</param>
public sealed record BackendAuth(bool IsEnabled, ulong Revision, IReadOnlyList<User> Users, IReadOnlyList<Role> Roles)
{
    public static readonly BackendAuth Off = new(false, 1, [], []);
}
