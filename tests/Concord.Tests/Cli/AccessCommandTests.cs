using System.Text.Json;
using Concord.Tests.Auth;

namespace Concord.Tests.Cli;

/// <summary><c>concord auth</c>, <c>user</c> and <c>role</c> against a server.</summary>
public sealed class AccessCommandTests
{
    private static readonly string[] AsRoot = ["--user", "root:secret"];

    [Fact]
    public async Task From_a_free_server_to_one_where_an_application_reads_its_own_configuration()
    {
        await using var server = await AuthServer.StartAsync();
        await OkAsync(server, "config", "put", "orders/prod", "a=1", "--format", "properties");
        await OkAsync(server, "config", "publish", "orders/prod", "-m", "first");
        var refused = await RunAsync(server, "auth", "enable");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("root user does not exist", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--root-password", refused.Error, StringComparison.Ordinal);

        Assert.Equal("Access is checked from now on: name a user with --user name:password or CONCORD_USER.\n", await OkAsync(server, "auth", "enable", "--root-password", "secret"));
        var nobody = await RunAsync(server, "kv", "get", "a");
        Assert.Equal(6, nobody.ExitCode);
        Assert.Contains("--user", nobody.Error, StringComparison.Ordinal);
        Assert.Equal(6, (await RunAsync(server, "kv", "get", "a", "--user", "root:wrong")).ExitCode);
        Assert.Equal(2, (await RunAsync(server, "kv", "get", "a", "--user", "root")).ExitCode);

        Assert.Equal("The role orders-app is added.\n", await OkAsync(server, ["role", "add", "orders-app", .. AsRoot]));
        Assert.Equal("The role orders-app may read orders/prod.\n", await OkAsync(server, ["role", "grant-config", "orders-app", "read", "orders/prod", .. AsRoot]));
        Assert.Equal("The role orders-app may readwrite orders/*.\n", await OkAsync(server, ["role", "grant", "orders-app", "rw", "orders/", "--prefix", .. AsRoot]));
        Assert.Equal("The user orders is added.\n", await OkAsync(server, ["user", "add", "orders:pw", "--role", "orders-app", .. AsRoot]));

        Assert.Contains("\"a\": \"1\"", await OkAsync(server, "config", "get", "orders/prod", "-o", "json", "--user", "orders:pw"), StringComparison.Ordinal);
        await OkAsync(server, "kv", "put", "orders/x", "1", "--user", "orders:pw");
        var denied = await RunAsync(server, "config", "put", "orders/prod", "a=2", "--user", "orders:pw");
        Assert.Equal(6, denied.ExitCode);
        Assert.Contains("/concord/config/drafts/orders/prod/application", denied.Error, StringComparison.Ordinal);
        Assert.Equal(6, (await RunAsync(server, "kv", "get", "other", "--user", "orders:pw")).ExitCode);
        Assert.Equal(6, (await RunAsync(server, "user", "list", "--user", "orders:pw")).ExitCode);
        Assert.Equal("orders-app\n", await OkAsync(server, "user", "show", "orders", "--user", "orders:pw"));

        Assert.Equal("orders\nroot\n", await OkAsync(server, ["user", "list", .. AsRoot]));
        Assert.Equal("orders-app\n", await OkAsync(server, ["role", "list", .. AsRoot]));
        var role = JsonDocument.Parse(await OkAsync(server, ["role", "show", "orders-app", "-o", "json", .. AsRoot])).RootElement;
        Assert.Equal(
            ["read /concord/config/heads/orders/default/", "read /concord/config/heads/orders/prod/", "readwrite orders/"],
            role.GetProperty("permissions").EnumerateArray().Select(one => $"{one.GetProperty("access").GetString()} {one.GetProperty("key").GetString()}"));

        await OkAsync(server, ["role", "revoke", "orders-app", "orders/", "--prefix", .. AsRoot]);
        Assert.Equal(6, (await RunAsync(server, "kv", "get", "orders/x", "--user", "orders:pw")).ExitCode);
        await OkAsync(server, ["role", "revoke-config", "orders-app", "orders/prod", .. AsRoot]);
        Assert.Equal(6, (await RunAsync(server, "config", "get", "orders/prod", "--user", "orders:pw")).ExitCode);
        Assert.Equal(4, (await RunAsync(server, ["role", "revoke-config", "orders-app", "orders/prod", .. AsRoot])).ExitCode);

        await OkAsync(server, ["user", "password", "orders", "new", .. AsRoot]);
        Assert.Equal(6, (await RunAsync(server, "user", "show", "orders", "--user", "orders:pw")).ExitCode);
        Assert.Equal("{\n  \"user\": \"orders\",\n  \"roles\": [\n    \"orders-app\"\n  ]\n}\n", await OkAsync(server, "user", "show", "orders", "-o", "json", "--user", "orders:new"));
        await OkAsync(server, ["user", "revoke", "orders", "orders-app", .. AsRoot]);
        await OkAsync(server, ["user", "grant", "orders", "orders-app", .. AsRoot]);
        Assert.Equal(3, (await RunAsync(server, ["user", "add", "orders:x", .. AsRoot])).ExitCode);
        Assert.Equal(4, (await RunAsync(server, ["user", "show", "none", .. AsRoot])).ExitCode);
        await OkAsync(server, ["user", "add", "machine", "--no-password", .. AsRoot]);
        await OkAsync(server, ["user", "delete", "orders", .. AsRoot]);
        await OkAsync(server, ["role", "delete", "orders-app", .. AsRoot]);
        Assert.Contains("\"enabled\": true", await OkAsync(server, ["auth", "status", "-o", "json", .. AsRoot]), StringComparison.Ordinal);
        await OkAsync(server, ["auth", "disable", .. AsRoot]);
        Assert.Equal("Calls are not checked: everybody may do everything.\n", await OkAsync(server, "auth", "status"));
    }

    [Fact]
    public async Task Publishing_and_editing_add_up_in_one_role()
    {
        await using var server = await AuthServer.StartAsync();
        await OkAsync(server, "role", "add", "team");
        await OkAsync(server, "role", "grant-config", "team", "publish", "orders");
        await OkAsync(server, "role", "grant-config", "team", "edit", "orders");
        await OkAsync(server, "role", "grant-config", "team", "read", "orders");
        var shown = await OkAsync(server, "role", "show", "team");
        Assert.Contains("readwrite  /concord/config/drafts/orders/*", shown, StringComparison.Ordinal);
        Assert.Contains("readwrite  /concord/config/heads/orders/*", shown, StringComparison.Ordinal);
    }

    private static Task<CliRun> RunAsync(AuthServer server, params string[] args) => new CliStart { Endpoint = server.Url }.RunAsync(args);

    private static async Task<string> OkAsync(AuthServer server, params string[] args)
    {
        var run = await RunAsync(server, args);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        return run.Out;
    }
}
