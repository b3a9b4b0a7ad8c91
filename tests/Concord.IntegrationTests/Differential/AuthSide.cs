using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.IntegrationTests.Differential;

/// <summary>The methods of users and roles.</summary>
internal static class AuthSide
{
    public static async Task<IMessage> AskAsync(CallInvoker invoker, IMessage request, CallOptions options)
    {
        var auth = new Auth.AuthClient(invoker);
        return request switch
        {
            AuthUserAddRequest m => await auth.UserAddAsync(m, options),
            AuthUserGetRequest m => await auth.UserGetAsync(m, options),
            AuthUserListRequest m => await auth.UserListAsync(m, options),
            AuthUserDeleteRequest m => await auth.UserDeleteAsync(m, options),
            AuthUserChangePasswordRequest m => await auth.UserChangePasswordAsync(m, options),
            AuthUserGrantRoleRequest m => await auth.UserGrantRoleAsync(m, options),
            AuthUserRevokeRoleRequest m => await auth.UserRevokeRoleAsync(m, options),
            AuthRoleAddRequest m => await auth.RoleAddAsync(m, options),
            AuthRoleGetRequest m => await auth.RoleGetAsync(m, options),
            AuthRoleListRequest m => await auth.RoleListAsync(m, options),
            AuthRoleDeleteRequest m => await auth.RoleDeleteAsync(m, options),
            AuthRoleGrantPermissionRequest m => await auth.RoleGrantPermissionAsync(m, options),
            AuthRoleRevokePermissionRequest m => await auth.RoleRevokePermissionAsync(m, options),
            AuthEnableRequest m => await auth.AuthEnableAsync(m, options),
            _ => throw new ArgumentException($"no method takes {request.Descriptor.Name}", nameof(request)),
        };
    }
}
