using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Concord.Protocol.Etcd;
using Concord.Server.Auth;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using static Concord.Tests.Etcd.EtcdServer;
using PermissionType = Concord.Protocol.Etcd.Permission.Types.Type;

namespace Concord.Tests.Auth;

/// <summary>etcd's Auth service: every code and text.</summary>
public sealed class AuthServiceTests
{
    [Fact]
    public async Task Users_and_roles_are_refused_with_etcds_texts()
    {
        await using var server = await AuthServer.StartAsync();
        var auth = server.Auth(server.Anonymous);
        const StatusCode Failed = StatusCode.FailedPrecondition;
        const StatusCode Invalid = StatusCode.InvalidArgument;

        await RefusedAsync(Failed, "etcdserver: root user does not exist", () => auth.AuthEnableAsync(new()).ResponseAsync);
        await auth.UserAddAsync(new() { Name = "root", Password = "x" });
        await RefusedAsync(Failed, "etcdserver: root user does not have root role", () => auth.AuthEnableAsync(new()).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: authentication is not enabled", () => auth.AuthenticateAsync(new() { Name = "root", Password = "x" }).ResponseAsync);

        await RefusedAsync(Invalid, "etcdserver: user name is empty", () => auth.UserAddAsync(new() { Password = "x" }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: user name already exists", () => auth.UserAddAsync(new() { Name = "root", Password = "x" }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: user name not found", () => auth.UserGetAsync(new() { Name = "none" }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: user name not found", () => auth.UserDeleteAsync(new() { Name = "none" }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: user name not found", () => auth.UserChangePasswordAsync(new() { Name = "none", Password = "x" }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: role name not found", () => auth.UserGrantRoleAsync(new() { User = "root", Role = "none" }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: role is not granted to the user", () => auth.UserRevokeRoleAsync(new() { Name = "root", Role = "none" }).ResponseAsync);

        await RefusedAsync(Invalid, "etcdserver: role name is empty", () => auth.RoleAddAsync(new()).ResponseAsync);
        await auth.RoleAddAsync(new() { Name = "r" });
        await RefusedAsync(Failed, "etcdserver: role name already exists", () => auth.RoleAddAsync(new() { Name = "r" }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: role name not found", () => auth.RoleGetAsync(new() { Role = "none" }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: role name not found", () => auth.RoleDeleteAsync(new() { Role = "none" }).ResponseAsync);
        await RefusedAsync(Invalid, "etcdserver: permission not given", () => auth.RoleGrantPermissionAsync(new() { Name = "r" }).ResponseAsync);
        await RefusedAsync(Invalid, "etcdserver: invalid auth management", () => auth.RoleGrantPermissionAsync(new() { Name = "r", Perm = Perm("b", "a") }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: role name not found", () => auth.RoleGrantPermissionAsync(new() { Name = "none", Perm = Perm("a") }).ResponseAsync);
        await RefusedAsync(Failed, "etcdserver: permission is not granted to the role", () => auth.RoleRevokePermissionAsync(new() { Role = "r", Key = Bytes("a") }).ResponseAsync);
    }

    [Fact]
    public async Task What_is_written_is_read_back()
    {
        await using var server = await AuthServer.StartAsync();
        var auth = server.Auth(server.Anonymous);
        await auth.UserAddAsync(new() { Name = "u", Password = "x" });
        await auth.UserAddAsync(new() { Name = "root", Options = new() { NoPassword = true } });
        await auth.RoleAddAsync(new() { Name = "r" });
        await auth.RoleAddAsync(new() { Name = "root" });
        await auth.UserGrantRoleAsync(new() { User = "u", Role = "r" });
        await auth.RoleGrantPermissionAsync(new() { Name = "r", Perm = Perm("b", type: PermissionType.Write) });
        await auth.RoleGrantPermissionAsync(new() { Name = "r", Perm = Perm("a", "c", PermissionType.Readwrite) });

        Assert.Equal(["root", "u"], (await auth.UserListAsync(new())).Users);
        Assert.Equal(["r", "root"], (await auth.RoleListAsync(new())).Roles);
        Assert.Equal(["r"], (await auth.UserGetAsync(new() { Name = "u" })).Roles);
        Assert.Equal([Perm("a", "c", PermissionType.Readwrite), Perm("b", type: PermissionType.Write)], (await auth.RoleGetAsync(new() { Role = "r" })).Perm);
        Assert.Equal(
            new Permission { PermType = PermissionType.Readwrite, RangeEnd = ByteString.CopyFrom(0) },
            Assert.Single((await auth.RoleGetAsync(new() { Role = "root" })).Perm));
        var status = await auth.AuthStatusAsync(new());
        Assert.Equal((false, 8UL), (status.Enabled, status.AuthRevision));

        await auth.RoleRevokePermissionAsync(new() { Role = "r", Key = Bytes("a"), RangeEnd = Bytes("c") });
        await auth.RoleDeleteAsync(new() { Role = "r" });
        Assert.Empty((await auth.UserGetAsync(new() { Name = "u" })).Roles);
        await auth.UserDeleteAsync(new() { Name = "u" });
        Assert.Equal(["root"], (await auth.UserListAsync(new())).Users);
    }

    [Fact]
    public async Task Passwords_come_plain_or_hashed_but_within_bounds()
    {
        await using var server = await AuthServer.EnabledAsync();
        var root = server.Auth(await server.AsAsync("root"));
        var hash = BCrypt.Net.BCrypt.HashPassword("pw", 4);
        await root.UserAddAsync(new() { Name = "plain", HashedPassword = hash });
        await root.UserAddAsync(new() { Name = "coded", HashedPassword = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(hash)) });
        await server.TokenAsync("plain", "pw");
        await server.TokenAsync("coded", "pw");

        foreach (var bad in new[] { "nonsense!", "$2a$31$" + new string('a', 53), "$2a$10$short", Convert.ToBase64String("pw"u8) })
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => root.UserAddAsync(new() { Name = "bad", HashedPassword = bad }).ResponseAsync);
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        }

        await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: a password has at most 72 bytes", () => root.UserAddAsync(new() { Name = "long", Password = new string('x', 73) }).ResponseAsync);
        await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: give a password or its hash, not both", () => root.UserAddAsync(new() { Name = "both", Password = "x", HashedPassword = hash }).ResponseAsync);
        await root.UserAddAsync(new() { Name = "card", Options = new() { NoPassword = true } });
        const string Wrong = "etcdserver: authentication failed, invalid user ID or password";
        await RefusedAsync(StatusCode.InvalidArgument, Wrong, () => server.TokenAsync("card", ""));
        await RefusedAsync(StatusCode.InvalidArgument, Wrong, () => server.TokenAsync("nobody", "x"));
        await RefusedAsync(StatusCode.InvalidArgument, Wrong, () => server.TokenAsync("alice", "x"));
        await RefusedAsync(StatusCode.InvalidArgument, Wrong, () => server.TokenAsync("alice", new string('x', 100)));
    }

    [Fact]
    public async Task Nobody_and_users_without_rights_are_told_so()
    {
        await using var server = await AuthServer.EnabledAsync();
        var nobody = server.Kv(server.Anonymous);
        var alice = server.Kv(await server.AsAsync("alice"));
        var invalid = server.Kv(server.With("nonsense"));
        var get = new RangeRequest { Key = Bytes("a") };
        var put = new PutRequest { Key = Bytes("a") };
        await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: user name is empty", () => nobody.RangeAsync(get).ResponseAsync);
        await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: user name is empty", () => nobody.PutAsync(put).ResponseAsync);
        await RefusedAsync(StatusCode.Unauthenticated, "etcdserver: invalid auth token", () => invalid.RangeAsync(get).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, "etcdserver: permission denied", () => alice.RangeAsync(get).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, "etcdserver: permission denied", () => alice.PutAsync(put).ResponseAsync);

        await server.GrantAsync(PermissionType.Readwrite, "a");
        await alice.PutAsync(put);
        Assert.Equal(1, (await alice.RangeAsync(get)).Count);
        Assert.Equal(1, (await server.Kv(server.With(await server.TokenAsync("alice", "alice"), "authorization")).RangeAsync(get)).Count);
        Assert.Equal(1, (await server.Kv(server.With("Bearer " + await server.TokenAsync("alice", "alice"), "authorization")).RangeAsync(get)).Count);
        await RefusedAsync(StatusCode.PermissionDenied, "etcdserver: permission denied", () => alice.CompactAsync(new() { Revision = 2 }).ResponseAsync);
    }

    [Fact]
    public async Task Everybody_sees_themselves_and_root_everything()
    {
        await using var server = await AuthServer.EnabledAsync();
        var alice = server.Auth(await server.AsAsync("alice"));
        const StatusCode Denied = StatusCode.PermissionDenied;
        const string Text = "etcdserver: permission denied";
        Assert.Equal(["r"], (await alice.UserGetAsync(new() { Name = "alice" })).Roles);
        Assert.Empty((await alice.RoleGetAsync(new() { Role = "r" })).Perm);
        await RefusedAsync(Denied, Text, () => alice.UserGetAsync(new() { Name = "root" }).ResponseAsync);
        await RefusedAsync(Denied, Text, () => alice.RoleGetAsync(new() { Role = "other" }).ResponseAsync);
        await RefusedAsync(Denied, Text, () => alice.UserListAsync(new()).ResponseAsync);
        await RefusedAsync(Denied, Text, () => alice.AuthDisableAsync(new()).ResponseAsync);
        await RefusedAsync(Denied, Text, () => alice.AuthStatusAsync(new()).ResponseAsync);
        await RefusedAsync(Denied, Text, () => alice.UserGrantRoleAsync(new() { User = "alice", Role = "root" }).ResponseAsync);

        var root = server.Auth(await server.AsAsync("root"));
        await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: invalid auth management", () => root.UserDeleteAsync(new() { Name = "root" }).ResponseAsync);
        await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: invalid auth management", () => root.UserRevokeRoleAsync(new() { Name = "root", Role = "root" }).ResponseAsync);
        Assert.True((await root.AuthStatusAsync(new())).Enabled);
        await root.AuthDisableAsync(new());
        await server.Kv(server.Anonymous).PutAsync(new() { Key = Bytes("free") });
    }

    [Fact]
    public async Task A_token_ends_with_its_users_password_and_with_the_user()
    {
        await using var server = await AuthServer.EnabledAsync();
        await server.GrantAsync(PermissionType.Read, "a");
        var root = server.Auth(await server.AsAsync("root"));
        var get = new RangeRequest { Key = Bytes("a") };
        var alice = server.Kv(await server.AsAsync("alice"));
        await root.RoleAddAsync(new() { Name = "unrelated" });
        await alice.RangeAsync(get);
        await root.UserChangePasswordAsync(new() { Name = "alice", Password = "new" });
        await RefusedAsync(StatusCode.Unauthenticated, "etcdserver: invalid auth token", () => alice.RangeAsync(get).ResponseAsync);
        var again = server.Kv(server.With(await server.TokenAsync("alice", "new")));
        await again.RangeAsync(get);
        await root.UserDeleteAsync(new() { Name = "alice" });
        await root.UserAddAsync(new() { Name = "alice", Password = "new" });
        await root.UserGrantRoleAsync(new() { User = "alice", Role = "r" });
        await RefusedAsync(StatusCode.Unauthenticated, "etcdserver: invalid auth token", () => again.RangeAsync(get).ResponseAsync);
        var last = await server.TokenAsync("alice", "new");
        await root.AuthDisableAsync(new());
        await server.Kv(server.With(last)).RangeAsync(get);
        await server.Auth(server.Anonymous).AuthEnableAsync(new());
        await RefusedAsync(StatusCode.Unauthenticated, "etcdserver: invalid auth token", () => server.Kv(server.With(last)).RangeAsync(get).ResponseAsync);
    }

    [Fact]
    public async Task Json_web_tokens_are_outdated_by_any_change_of_rights()
    {
        var key = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(key, new string('k', 64));
            await using var server = await AuthServer.EnabledAsync(options => options with { AuthToken = $"jwt,sign-method=HS256,priv-key={key},ttl=1m" });
            await server.GrantAsync(PermissionType.Read, "a");
            var get = new RangeRequest { Key = Bytes("a") };
            var alice = server.Kv(await server.AsAsync("alice"));
            await alice.RangeAsync(get);
            await server.Auth(await server.AsAsync("root")).RoleAddAsync(new() { Name = "unrelated" });
            await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: revision of auth store is old", () => alice.RangeAsync(get).ResponseAsync);
            await server.Kv(await server.AsAsync("alice")).RangeAsync(get);
        }
        finally
        {
            File.Delete(key);
        }
    }

    [Theory]
    [InlineData(true, "CN=alice, O=shop", "alice")]
    [InlineData(true, "O=shop", null)]
    [InlineData(false, "CN=alice", null)]
    public async Task A_certificates_common_name_is_the_user_where_certificates_are_checked(bool isChecked, string subject, string? user)
    {
        await using var server = await AuthServer.EnabledAsync(options => options with { ClientTls = new() { ClientCertAuth = isChecked } });
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var desk = server.Server.Services.GetRequiredService<CallerDesk>();
        var http = new DefaultHttpContext { Connection = { ClientCertificate = certificate } };
        var (caller, refusal) = await desk.IdentifyAsync(http);
        Assert.Equal((user, user is null ? AuthRefusal.UserEmpty : AuthRefusal.None), (caller?.User, refusal));

        // A token names another user, and counts.
        http.Request.Headers["token"] = await server.TokenAsync("root", "root");
        Assert.Equal("root", (await desk.IdentifyAsync(http)).Caller?.User);
    }

    private static Permission Perm(string key, string end = "", PermissionType type = PermissionType.Read) =>
        new() { PermType = type, Key = Bytes(key), RangeEnd = Bytes(end) };
}
