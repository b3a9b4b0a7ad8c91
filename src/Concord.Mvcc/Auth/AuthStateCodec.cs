using System.Buffers;
using System.Collections.Immutable;
using System.Numerics;
using Concord.Mvcc.Encoding;

namespace Concord.Mvcc.Auth;

/// <summary>
/// The binary form of the whole state of users and roles, in a snapshot. Each state has one form:
/// <code>
/// format version (one byte), options, revision, changes, last key number
/// key, former key:          number, secret, when made     (each only if the options say so)
/// number of roles; per role, by name:  name, number of permissions; per permission: access, range
/// number of users; per user, by name:  name, options, password hash, changed revision, number of roles, their names
/// </code>
/// </summary>
internal static class AuthStateCodec
{
    private const byte FormatVersion = 1;

    [Flags]
    private enum Options : byte
    {
        None = 0,
        Enabled = 1,
        Key = 2,
        FormerKey = 4,
        All = Enabled | Key | FormerKey,
    }

    public static byte[] Encode(AuthState state)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CommandWriter(output);
        writer.Byte(FormatVersion);
        writer.Byte((byte)((state.IsEnabled ? Options.Enabled : 0)
            | (state.Key is null ? 0 : Options.Key)
            | (state.FormerKey is null ? 0 : Options.FormerKey)));
        writer.Number(state.Revision);
        writer.Number(state.Changes);
        writer.Number(state.LastKeyNumber);
        foreach (var key in new[] { state.Key, state.FormerKey }.OfType<TokenKey>())
        {
            writer.Number(key.Number);
            writer.Bytes(key.Secret);
            writer.Number(key.MadeUnixSeconds);
        }

        writer.Count(state.Roles.Count);
        foreach (var role in state.Roles.Values)
        {
            writer.Text(role.Name);
            writer.Count(role.Permissions.Count);
            foreach (var permission in role.Permissions)
            {
                writer.Byte((byte)permission.Access);
                writer.KeyRange(permission.Range);
            }
        }

        writer.Count(state.Users.Count);
        foreach (var user in state.Users.Values)
        {
            writer.Text(user.Name);
            writer.Byte(user.HasNoPassword ? (byte)1 : (byte)0);
            writer.Text(user.PasswordHash);
            writer.Number(user.ChangedRevision);
            writer.Count(user.Roles.Count);
            foreach (var role in user.Roles)
            {
                writer.Text(role);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">The bytes are not such a state.</exception>
    public static AuthState Decode(ReadOnlyMemory<byte> data)
    {
        var reader = new CommandReader(data);
        var version = reader.Byte();
        if (version != FormatVersion)
        {
            throw new FormatException($"The users of a snapshot have format {version}; this version reads format {FormatVersion}. A newer version wrote it.");
        }

        var options = (Options)reader.Option((byte)Options.All);
        var state = AuthState.Initial with
        {
            IsEnabled = (options & Options.Enabled) != 0,
            Revision = reader.Number(),
            Changes = reader.Number(),
            LastKeyNumber = reader.Number(),
            Key = (options & Options.Key) != 0 ? Key(ref reader) : null,
            FormerKey = (options & Options.FormerKey) != 0 ? Key(ref reader) : null,
        };
        var roles = state.Roles.ToBuilder();
        for (var left = reader.Count(bytesPerElement: 2); left > 0; left--)
        {
            var role = Role(ref reader);
            Add(roles, role.Name, role);
        }

        var users = state.Users.ToBuilder();
        for (var left = reader.Count(bytesPerElement: 5); left > 0; left--)
        {
            var user = User(ref reader);
            Add(users, user.Name, user);
        }

        reader.End();
        return state with { Roles = roles.ToImmutable(), Users = users.ToImmutable() };
    }

    /// <summary>0 for a store that never heard of users, so that it hashes as before there were any.</summary>
    public static uint Hash(AuthState state)
    {
        if (state.Changes == 0)
        {
            return 0;
        }

        var crc = uint.MaxValue;
        foreach (var one in Encode(state))
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return VersionHash.Mix(crc);
    }

    private static TokenKey Key(ref CommandReader reader) => new(reader.Number(), reader.Bytes().ToArray(), reader.Number());

    private static AuthRole Role(ref CommandReader reader)
    {
        var name = reader.Text();
        var permissions = new Permission[reader.Count(bytesPerElement: 3)];
        for (var i = 0; i < permissions.Length; i++)
        {
            var access = (Access)reader.Option((byte)Access.ReadWrite);
            permissions[i] = new(access, new(reader.Bytes().ToArray(), reader.Bytes().ToArray()));
        }

        return new(name, permissions);
    }

    private static AuthUser User(ref CommandReader reader)
    {
        var name = reader.Text();
        var hasNoPassword = reader.Option(1) == 1;
        var hash = reader.Text();
        var changed = reader.Number();
        var roles = new List<string>();
        for (var left = reader.Count(bytesPerElement: 1); left > 0; left--)
        {
            roles.Add(reader.Text());
        }

        return new(name, hash, hasNoPassword, AuthState.NoRoles.Union(roles), changed);
    }

    private static void Add<T>(ImmutableSortedDictionary<string, T>.Builder all, string name, T one)
    {
        if (!all.TryAdd(name, one))
        {
            throw new FormatException($"The snapshot has '{name}' twice.");
        }
    }
}
