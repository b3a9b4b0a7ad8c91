using System.Security.Cryptography;
using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using WirePermission = Concord.Protocol.Etcd.Permission;

namespace Concord.EtcdBackend;

/// <summary>Users and roles, from the key space into etcd's form and back. Password hashes are bcrypt's in both.</summary>
public static class BackendRights
{
    public static BackendAuth Of(AuthState state) => new(
        state.IsEnabled,
        (ulong)state.Revision,
        [.. state.Users.Values.Select(Wire)],
        [.. state.Roles.Values.Select(Wire)]);

    /// <summary>Adds the users and roles of a database to a key space that has none.</summary>
    /// <exception cref="FormatException">They cannot be as they are: two of a name, an unknown role, a permission for no key.</exception>
    public static void ApplyTo(this BackendAuth auth, KeySpace space)
    {
        foreach (var change in Changes(auth))
        {
            var error = space.Apply(new AuthCommand(change) { Caller = Caller.Server }).Error;
            if (error != StoreError.None)
            {
                throw new FormatException($"The users and roles do not fit together: {change} would be refused ({error}).");
            }
        }
    }

    private static IEnumerable<AuthChange> Changes(BackendAuth auth)
    {
        foreach (var role in auth.Roles)
        {
            var name = role.Name.ToStringUtf8();
            yield return new AddRole(name);
            foreach (var permission in role.KeyPermission)
            {
                yield return new GrantPermission(name, Read(permission, name));
            }
        }

        foreach (var user in auth.Users)
        {
            var name = user.Name.ToStringUtf8();
            yield return new AddUser(name, user.Password.ToStringUtf8(), user.Options?.NoPassword ?? false);
            foreach (var role in user.Roles)
            {
                yield return new GrantRole(name, role);
            }
        }

        if (auth.IsEnabled)
        {
            yield return new EnableAuth(Secret(auth), MadeUnixSeconds: 0);
        }
    }

    /// <summary>
    /// The first key for tokens. Every member restores for itself and all must come to the same, so it is made of what only the
    /// copy tells: the password hashes, whose salts nobody else knows. Its age is that of the epoch, so that the first leader
    /// replaces it at once.
    /// </summary>
    private static byte[] Secret(BackendAuth auth)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var user in auth.Users)
        {
            hash.AppendData(user.ToByteArray());
        }

        return hash.GetHashAndReset();
    }

    private static Mvcc.Auth.Permission Read(WirePermission permission, string role)
    {
        var range = new KeyRange(permission.Key.Memory, permission.RangeEnd.Memory);
        Access? access = permission.PermType switch
        {
            WirePermission.Types.Type.Read => Access.Read,
            WirePermission.Types.Type.Write => Access.Write,
            WirePermission.Types.Type.Readwrite => Access.ReadWrite,
            _ => null,
        };
        return access is { } known && !permission.Key.IsEmpty && !range.IsEmpty
            ? new(known, range)
            : throw new FormatException($"Role '{role}' has a permission for no key or of an unknown kind: {permission}.");
    }

    private static User Wire(AuthUser user)
    {
        var wire = new User
        {
            Name = ByteString.CopyFromUtf8(user.Name),
            Password = ByteString.CopyFromUtf8(user.PasswordHash),
            Options = new UserAddOptions { NoPassword = user.HasNoPassword },
        };
        wire.Roles.AddRange(user.Roles);
        return wire;
    }

    private static Role Wire(AuthRole role)
    {
        var wire = new Role { Name = ByteString.CopyFromUtf8(role.Name) };
        foreach (var permission in role.Permissions)
        {
            wire.KeyPermission.Add(new WirePermission
            {
                PermType = permission.Access switch
                {
                    Access.Read => WirePermission.Types.Type.Read,
                    Access.Write => WirePermission.Types.Type.Write,
                    _ => WirePermission.Types.Type.Readwrite,
                },
                Key = ByteString.CopyFrom(permission.Range.Start.Span),
                RangeEnd = ByteString.CopyFrom(permission.Range.End.Span),
            });
        }

        return wire;
    }
}
