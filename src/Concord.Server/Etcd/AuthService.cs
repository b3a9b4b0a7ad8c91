using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Protocol.Etcd;
using Concord.Server.Auth;
using Concord.Server.Replica;
using Google.Protobuf;
using Grpc.Core;
using WirePermission = Concord.Protocol.Etcd.Permission;

namespace Concord.Server.Etcd;

/// <summary>etcd's Auth service. Who may call what is the gate's business, but for what everybody may see of themselves.</summary>
internal sealed class AuthService(EtcdStore store, CallerDesk callers, PasswordDesk passwords, TokenIssuer tokens, TokenKeyKeeper keys)
    : Protocol.Etcd.Auth.AuthBase
{
    public override async Task<AuthEnableResponse> AuthEnable(AuthEnableRequest request, ServerCallContext context) =>
        new() { Header = await ChangeAsync(keys.Enabling(), context).ConfigureAwait(false) };

    public override async Task<AuthDisableResponse> AuthDisable(AuthDisableRequest request, ServerCallContext context) =>
        new() { Header = await ChangeAsync(new DisableAuth(), context).ConfigureAwait(false) };

    public override async Task<AuthStatusResponse> AuthStatus(AuthStatusRequest request, ServerCallContext context)
    {
        var view = await ReadAsync(context).ConfigureAwait(false);
        return new() { Header = store.Header(view.Revision), Enabled = view.Auth.IsEnabled, AuthRevision = (ulong)view.Auth.Revision };
    }

    public override async Task<AuthenticateResponse> Authenticate(AuthenticateRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        try
        {
            var (state, isGood) = await callers.CheckPasswordAsync(request.Name, request.Password, context.CancellationToken).ConfigureAwait(false);
            if (!state.IsEnabled)
            {
                throw EtcdErrors.AuthNotEnabled();
            }

            if (!isGood)
            {
                throw EtcdErrors.AuthFailed();
            }

            if (!tokens.CanIssue)
            {
                throw EtcdErrors.Unimplemented("etcdserver: this member has no key to sign tokens (--auth-token without priv-key)");
            }

            state = await keys.RenewAsync(state, context.CancellationToken).ConfigureAwait(false);
            return new() { Header = store.Header(store.Replica.View.Revision), Token = tokens.Issue(state, request.Name) };
        }
        catch (PasswordDeskFullException)
        {
            throw EtcdErrors.TooManyRequests();
        }
        catch (ReplicaException exception)
        {
            throw EtcdErrors.From(exception);
        }
    }

    public override async Task<AuthUserAddResponse> UserAdd(AuthUserAddRequest request, ServerCallContext context)
    {
        if (request.Name.Length == 0)
        {
            throw EtcdErrors.UserEmpty();
        }

        CheckName(request.Name);
        var hasNoPassword = request.Options?.NoPassword == true;
        var hash = hasNoPassword ? "" : await HashAsync(request.Password, request.HashedPassword).ConfigureAwait(false);
        return new() { Header = await ChangeAsync(new AddUser(request.Name, hash, hasNoPassword), context).ConfigureAwait(false) };
    }

    public override async Task<AuthUserGetResponse> UserGet(AuthUserGetRequest request, ServerCallContext context)
    {
        var (view, caller, rights) = await ReadAsCallerAsync(context).ConfigureAwait(false);
        if (!rights.IsRoot && caller?.User != request.Name)
        {
            throw EtcdErrors.PermissionDenied();
        }

        var user = view.Auth.User(request.Name) ?? throw EtcdErrors.From(StoreError.UserNotFound);
        var answer = new AuthUserGetResponse { Header = store.Header(view.Revision) };
        answer.Roles.AddRange(user.Roles);
        return answer;
    }

    public override async Task<AuthUserListResponse> UserList(AuthUserListRequest request, ServerCallContext context)
    {
        var view = await ReadAsync(context).ConfigureAwait(false);
        var answer = new AuthUserListResponse { Header = store.Header(view.Revision) };
        answer.Users.AddRange(view.Auth.Users.Keys);
        return answer;
    }

    public override async Task<AuthUserDeleteResponse> UserDelete(AuthUserDeleteRequest request, ServerCallContext context) =>
        new() { Header = await ChangeAsync(new DeleteUser(request.Name), context).ConfigureAwait(false) };

    public override async Task<AuthUserChangePasswordResponse> UserChangePassword(AuthUserChangePasswordRequest request, ServerCallContext context)
    {
        var hash = await HashAsync(request.Password, request.HashedPassword).ConfigureAwait(false);
        return new() { Header = await ChangeAsync(new ChangePassword(request.Name, hash), context).ConfigureAwait(false) };
    }

    public override async Task<AuthUserGrantRoleResponse> UserGrantRole(AuthUserGrantRoleRequest request, ServerCallContext context) =>
        new() { Header = await ChangeAsync(new GrantRole(request.User, request.Role), context).ConfigureAwait(false) };

    public override async Task<AuthUserRevokeRoleResponse> UserRevokeRole(AuthUserRevokeRoleRequest request, ServerCallContext context) =>
        new() { Header = await ChangeAsync(new RevokeRole(request.Name, request.Role), context).ConfigureAwait(false) };

    public override async Task<AuthRoleAddResponse> RoleAdd(AuthRoleAddRequest request, ServerCallContext context)
    {
        if (request.Name.Length == 0)
        {
            throw EtcdErrors.RoleEmpty();
        }

        CheckName(request.Name);
        return new() { Header = await ChangeAsync(new AddRole(request.Name), context).ConfigureAwait(false) };
    }

    public override async Task<AuthRoleGetResponse> RoleGet(AuthRoleGetRequest request, ServerCallContext context)
    {
        var (view, caller, rights) = await ReadAsCallerAsync(context).ConfigureAwait(false);
        if (!rights.IsRoot && view.Auth.User(caller!.User)?.Roles.Contains(request.Role) != true)
        {
            throw EtcdErrors.PermissionDenied();
        }

        var role = view.Auth.Role(request.Role) ?? throw EtcdErrors.From(StoreError.RoleNotFound);
        var answer = new AuthRoleGetResponse { Header = store.Header(view.Revision) };
        if (role.Name == AuthNames.Root)
        {
            // What it means, though it is written nowhere.
            answer.Perm.Add(new WirePermission { PermType = WirePermission.Types.Type.Readwrite, RangeEnd = ByteString.CopyFrom(0) });
        }
        else
        {
            answer.Perm.AddRange(role.Permissions.Select(Show));
        }

        return answer;
    }

    public override async Task<AuthRoleListResponse> RoleList(AuthRoleListRequest request, ServerCallContext context)
    {
        var view = await ReadAsync(context).ConfigureAwait(false);
        var answer = new AuthRoleListResponse { Header = store.Header(view.Revision) };
        answer.Roles.AddRange(view.Auth.Roles.Keys);
        return answer;
    }

    public override async Task<AuthRoleDeleteResponse> RoleDelete(AuthRoleDeleteRequest request, ServerCallContext context) =>
        new() { Header = await ChangeAsync(new DeleteRole(request.Role), context).ConfigureAwait(false) };

    public override async Task<AuthRoleGrantPermissionResponse> RoleGrantPermission(AuthRoleGrantPermissionRequest request, ServerCallContext context)
    {
        var given = request.Perm ?? throw EtcdErrors.PermissionNotGiven();
        var range = new KeyRange(given.Key.Memory, given.RangeEnd.Memory);
        Access? access = given.PermType switch
        {
            WirePermission.Types.Type.Read => Access.Read,
            WirePermission.Types.Type.Write => Access.Write,
            WirePermission.Types.Type.Readwrite => Access.ReadWrite,
            _ => null,
        };

        // A permission for no key looks like one and is none.
        if (access is null || given.Key.IsEmpty || range.IsEmpty || Math.Max(given.Key.Length, given.RangeEnd.Length) > store.Limits.Operations.KeyBytesMax)
        {
            throw EtcdErrors.From(StoreError.InvalidAuthManagement);
        }

        return new() { Header = await ChangeAsync(new GrantPermission(request.Name, new(access.Value, range)), context).ConfigureAwait(false) };
    }

    public override async Task<AuthRoleRevokePermissionResponse> RoleRevokePermission(AuthRoleRevokePermissionRequest request, ServerCallContext context) =>
        new() { Header = await ChangeAsync(new RevokePermission(request.Role, new(request.Key.Memory, request.RangeEnd.Memory)), context).ConfigureAwait(false) };

    private async ValueTask<ResponseHeader> ChangeAsync(AuthChange change, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var result = await store.ProposeAsync(new AuthCommand(change) { Caller = caller }, context.CancellationToken).ConfigureAwait(false);
        return store.Header(result.Revision);
    }

    private ValueTask<KeySpaceView> ReadAsync(ServerCallContext context)
    {
        store.CheckLeader(context);
        return store.ReadAsync(serializable: false, context.CancellationToken);
    }

    private async ValueTask<(KeySpaceView View, Caller? Caller, AccessRights Rights)> ReadAsCallerAsync(ServerCallContext context)
    {
        var caller = store.Enter(context);
        var view = await store.ReadAsync(serializable: false, context.CancellationToken).ConfigureAwait(false);
        var error = view.Auth.Identify(caller, out var rights);
        return error == StoreError.None ? (view, caller, rights!) : throw EtcdErrors.From(error);
    }

    private async ValueTask<string> HashAsync(string password, string hashed)
    {
        if (hashed.Length > 0)
        {
            return password.Length > 0 ? throw EtcdErrors.BadPassword("give a password or its hash, not both")
                : PasswordHashes.Read(hashed)
                ?? throw EtcdErrors.BadPassword($"the hashed password is not a bcrypt hash of cost {PasswordHashes.CostMin} to {PasswordHashes.CostMax}, as it is or in Base64");
        }

        if (PasswordHashes.IsTooLong(password))
        {
            throw EtcdErrors.BadPassword($"a password has at most {PasswordHashes.PasswordBytesMax} bytes");
        }

        try
        {
            return await passwords.HashAsync(password).ConfigureAwait(false);
        }
        catch (PasswordDeskFullException)
        {
            throw EtcdErrors.TooManyRequests();
        }
    }

    private static void CheckName(string name)
    {
        if (name.Length > AuthLimits.NameCharactersMax)
        {
            throw EtcdErrors.BadName(AuthLimits.NameCharactersMax);
        }
    }

    private static WirePermission Show(Mvcc.Auth.Permission permission) => new()
    {
        PermType = permission.Access switch
        {
            Access.Read => WirePermission.Types.Type.Read,
            Access.Write => WirePermission.Types.Type.Write,
            _ => WirePermission.Types.Type.Readwrite,
        },
        Key = UnsafeByteOperations.UnsafeWrap(permission.Range.Start),
        RangeEnd = UnsafeByteOperations.UnsafeWrap(permission.Range.End),
    };
}
