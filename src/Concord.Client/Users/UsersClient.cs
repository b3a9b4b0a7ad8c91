using Concord.Client.Kv;
using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Users;

/// <summary>
/// Users, roles, and whether the servers ask for them. Once they do, all of this is the root role's, but for what users may see of
/// themselves.
/// </summary>
public sealed class UsersClient
{
    private readonly Etcd.Auth.AuthClient _auth;

    internal UsersClient(CallInvoker invoker) => _auth = new(invoker);

    /// <summary>Every call is checked from now on. Needs a user "root" with the role "root".</summary>
    public async Task EnableAsync(CancellationToken cancellationToken = default) =>
        await _auth.AuthEnableAsync(new(), cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    public async Task DisableAsync(CancellationToken cancellationToken = default) =>
        await _auth.AuthDisableAsync(new(), cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    public async Task<AccessStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        var answer = await _auth.AuthStatusAsync(new(), cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
        return new(answer.Enabled, answer.AuthRevision);
    }

    /// <param name="password">Null: the user never signs in by a password; its connections show a certificate of its name.</param>
    public async Task AddUserAsync(string user, string? password, CancellationToken cancellationToken = default)
    {
        var request = new Etcd.AuthUserAddRequest { Name = user, Password = password ?? "", Options = new() { NoPassword = password is null } };
        await _auth.UserAddAsync(request, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
    }

    public async Task DeleteUserAsync(string user, CancellationToken cancellationToken = default) =>
        await _auth.UserDeleteAsync(new() { Name = user }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    public async Task<IReadOnlyList<string>> ListUsersAsync(CancellationToken cancellationToken = default) =>
        [.. (await _auth.UserListAsync(new(), cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false)).Users];

    /// <summary>The roles of a user.</summary>
    public async Task<IReadOnlyList<string>> GetUserAsync(string user, CancellationToken cancellationToken = default) =>
        [.. (await _auth.UserGetAsync(new() { Name = user }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false)).Roles];

    public async Task ChangePasswordAsync(string user, string password, CancellationToken cancellationToken = default) =>
        await _auth.UserChangePasswordAsync(new() { Name = user, Password = password }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);

    public async Task GrantRoleAsync(string user, string role, CancellationToken cancellationToken = default) =>
        await _auth.UserGrantRoleAsync(new() { User = user, Role = role }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    public async Task RevokeRoleAsync(string user, string role, CancellationToken cancellationToken = default) =>
        await _auth.UserRevokeRoleAsync(new() { Name = user, Role = role }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    public async Task AddRoleAsync(string role, CancellationToken cancellationToken = default) =>
        await _auth.RoleAddAsync(new() { Name = role }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    public async Task DeleteRoleAsync(string role, CancellationToken cancellationToken = default) =>
        await _auth.RoleDeleteAsync(new() { Role = role }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    public async Task<IReadOnlyList<string>> ListRolesAsync(CancellationToken cancellationToken = default) =>
        [.. (await _auth.RoleListAsync(new(), cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false)).Roles];

    public async Task<IReadOnlyList<KeyPermission>> GetRoleAsync(string role, CancellationToken cancellationToken = default)
    {
        var answer = await _auth.RoleGetAsync(new() { Role = role }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
        return [.. answer.Perm.Select(From)];
    }

    /// <summary>Gives a permission; one that the role has for the same range takes the new access.</summary>
    public async Task GrantPermissionAsync(string role, KeyPermission permission, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(permission);
        var request = new Etcd.AuthRoleGrantPermissionRequest
        {
            Name = role,
            Perm = new()
            {
                PermType = permission.Access switch
                {
                    KeyAccess.Read => Etcd.Permission.Types.Type.Read,
                    KeyAccess.Write => Etcd.Permission.Types.Type.Write,
                    KeyAccess.ReadWrite => Etcd.Permission.Types.Type.Readwrite,
                    _ => throw new ArgumentException("A permission is to read, to write, or both.", nameof(permission)),
                },
                Key = permission.Range.Start.ToByteString(),
                RangeEnd = permission.Range.End.ToByteString(),
            },
        };
        await _auth.RoleGrantPermissionAsync(request, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
    }

    /// <summary>Takes the permission for exactly this range.</summary>
    public async Task RevokePermissionAsync(string role, KeyRange range, CancellationToken cancellationToken = default)
    {
        var request = new Etcd.AuthRoleRevokePermissionRequest { Role = role, Key = range.Start.ToByteString(), RangeEnd = range.End.ToByteString() };
        await _auth.RoleRevokePermissionAsync(request, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
    }

    private static KeyPermission From(Etcd.Permission permission)
    {
        var access = permission.PermType switch
        {
            Etcd.Permission.Types.Type.Read => KeyAccess.Read,
            Etcd.Permission.Types.Type.Write => KeyAccess.Write,
            _ => KeyAccess.ReadWrite,
        };
        var (start, end) = (KvBytes.From(permission.Key), KvBytes.From(permission.RangeEnd));
        return new(access, end.IsEmpty ? KeyRange.Single(start) : KeyRange.Between(start, end));
    }
}
