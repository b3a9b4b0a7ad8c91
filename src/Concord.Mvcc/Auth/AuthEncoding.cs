using Concord.Mvcc.Encoding;

namespace Concord.Mvcc.Auth;

/// <summary>Callers and changes of rights in the binary form of commands. The numbers never change their meaning.</summary>
internal static class AuthEncoding
{
    private enum Kind : byte
    {
        Enable = 1,
        Disable = 2,
        ReplaceTokenKey = 3,
        AddUser = 4,
        DeleteUser = 5,
        ChangePassword = 6,
        GrantRole = 7,
        RevokeRole = 8,
        AddRole = 9,
        DeleteRole = 10,
        GrantPermission = 11,
        RevokePermission = 12,
    }

    public static void Write(CommandWriter writer, Caller caller)
    {
        if (caller.Required is { Count: 0 })
        {
            throw new ArgumentException("A command requires an empty list of rights.", nameof(caller));
        }

        writer.Text(caller.User);
        writer.Number(caller.AuthRevision);
        writer.Count(caller.Required?.Count ?? 0);
        foreach (var right in caller.Required ?? [])
        {
            writer.Option((byte)right.Access, (byte)Access.ReadWrite);
            writer.KeyRange(right.Range);
        }
    }

    public static Caller ReadCaller(ref CommandReader reader)
    {
        var caller = new Caller(reader.Text(), reader.Number());
        var required = new RequiredRight[reader.Count(bytesPerElement: 3)];
        for (var i = 0; i < required.Length; i++)
        {
            required[i] = new((Access)reader.Option((byte)Access.ReadWrite), reader.KeyRange());
        }

        return required.Length == 0 ? caller : caller with { Required = required };
    }

    public static void Write(CommandWriter writer, AuthChange change)
    {
        switch (change)
        {
            case EnableAuth enable:
                writer.Byte((byte)Kind.Enable);
                writer.Bytes(enable.Secret);
                writer.Number(enable.MadeUnixSeconds);
                break;
            case DisableAuth:
                writer.Byte((byte)Kind.Disable);
                break;
            case ReplaceTokenKey replace:
                writer.Byte((byte)Kind.ReplaceTokenKey);
                writer.Number(replace.Replaced);
                writer.Bytes(replace.Secret);
                writer.Number(replace.MadeUnixSeconds);
                break;
            case AddUser add:
                writer.Byte((byte)Kind.AddUser);
                writer.Text(add.User);
                writer.Text(add.PasswordHash);
                writer.Byte(add.HasNoPassword ? (byte)1 : (byte)0);
                break;
            case DeleteUser delete:
                WriteNames(writer, Kind.DeleteUser, delete.User);
                break;
            case ChangePassword password:
                WriteNames(writer, Kind.ChangePassword, password.User, password.PasswordHash);
                break;
            case GrantRole grant:
                WriteNames(writer, Kind.GrantRole, grant.User, grant.Role);
                break;
            case RevokeRole revoke:
                WriteNames(writer, Kind.RevokeRole, revoke.User, revoke.Role);
                break;
            case AddRole add:
                WriteNames(writer, Kind.AddRole, add.Role);
                break;
            case DeleteRole delete:
                WriteNames(writer, Kind.DeleteRole, delete.Role);
                break;
            case GrantPermission grant:
                WriteNames(writer, Kind.GrantPermission, grant.Role);
                writer.Option((byte)grant.Permission.Access, (byte)Access.ReadWrite);
                writer.KeyRange(grant.Permission.Range);
                break;
            case RevokePermission revoke:
                WriteNames(writer, Kind.RevokePermission, revoke.Role);
                writer.KeyRange(revoke.Range);
                break;
            default:
                throw new ArgumentException($"{change.GetType().Name} has no binary form.", nameof(change));
        }
    }

    public static AuthChange ReadChange(ref CommandReader reader)
    {
        var kind = (Kind)reader.Byte();
        return kind switch
        {
            Kind.Enable => new EnableAuth(reader.Bytes(), reader.Number()),
            Kind.Disable => new DisableAuth(),
            Kind.ReplaceTokenKey => new ReplaceTokenKey(reader.Number(), reader.Bytes(), reader.Number()),
            Kind.AddUser => new AddUser(reader.Text(), reader.Text(), reader.Option(1) == 1),
            Kind.DeleteUser => new DeleteUser(reader.Text()),
            Kind.ChangePassword => new ChangePassword(reader.Text(), reader.Text()),
            Kind.GrantRole => new GrantRole(reader.Text(), reader.Text()),
            Kind.RevokeRole => new RevokeRole(reader.Text(), reader.Text()),
            Kind.AddRole => new AddRole(reader.Text()),
            Kind.DeleteRole => new DeleteRole(reader.Text()),
            Kind.GrantPermission => new GrantPermission(reader.Text(), new((Access)reader.Option((byte)Access.ReadWrite), reader.KeyRange())),
            Kind.RevokePermission => new RevokePermission(reader.Text(), reader.KeyRange()),
            _ => throw new FormatException($"{(byte)kind} is not a kind of change of rights."),
        };
    }

    private static void WriteNames(CommandWriter writer, Kind kind, params ReadOnlySpan<string> names)
    {
        writer.Byte((byte)kind);
        foreach (var name in names)
        {
            writer.Text(name);
        }
    }
}
