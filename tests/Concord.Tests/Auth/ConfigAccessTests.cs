using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Concord.Client;
using Concord.Client.Configs;
using Concord.Client.Kv;
using Concord.Client.Users;
using Concord.Tests.Client;
using Grpc.Core;

namespace Concord.Tests.Auth;

/// <summary>Configurations where access is checked: which right lets whom do what, through every face.</summary>
public sealed class ConfigAccessTests : IAsyncLifetime
{
    private const string Heads = "/concord/config/heads/";
    private const string Drafts = "/concord/config/drafts/";

    private AuthServer? _server;
    private ConcordClient? _root;
    private ConcordClient? _alice;

    private AuthServer Server => _server!;

    private ConcordClient Root => _root!;

    private ConcordClient Alice => _alice!;

    public async ValueTask InitializeAsync()
    {
        _server = await AuthServer.EnabledAsync();
        _root = _server.Client("root", "root");
        _alice = _server.Client("alice", "alice");
        await PublishAsync(Root, "orders/default", "a=1");
        await PublishAsync(Root, "orders/prod", "b=2");
        await PublishAsync(Root, "billing/prod", "secret=3");
    }

    public async ValueTask DisposeAsync()
    {
        await Root.DisposeAsync();
        await Alice.DisposeAsync();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_of_an_application_is_shown_without_a_right()
    {
        Assert.Empty(await Alice.Configs.ListApplicationsAsync());
        await DeniedAsync(() => Alice.Configs.GetEffectiveAsync(new ConfigurationView("orders", "prod")));
        await DeniedAsync(() => Alice.Configs.GetEffectiveAsync(new ConfigurationView("unknown", "prod")));
        await DeniedAsync(() => Alice.Configs.ListConfigurationsAsync("orders"));
        await DeniedAsync(() => Alice.Configs.GetConfigurationAsync(Path("orders/prod")));
        await DeniedAsync(() => PutAsync(Alice, "orders/prod", "b=4"));
        await DeniedAsync(() => Alice.Configs.PublishAsync([new ReleaseTarget("orders", "prod")], new() { Author = "x", Message = "m" }));
        await DeniedAsync(() => Alice.Configs.RollbackAsync(1, [new ReleaseTarget("orders", "prod")], new() { Author = "x", Message = "m" }));
        Assert.All((await Alice.Configs.ListReleasesAsync()).Releases, release => Assert.Empty(release.Items));
    }

    [Fact]
    public async Task Reading_needs_every_layer_and_shows_no_other_application()
    {
        await GrantAsync(KeyAccess.Read, Heads + "orders/prod/");
        await DeniedAsync(() => Alice.Configs.GetEffectiveAsync(new ConfigurationView("orders", "prod")));
        await GrantAsync(KeyAccess.Read, Heads + "orders/default/");
        var view = await Alice.Configs.GetEffectiveAsync(new ConfigurationView("orders", "prod"));
        Assert.Equal(2, view.Settings.Count);
        Assert.Equal("orders", Assert.Single(await Alice.Configs.ListApplicationsAsync()).Name);
        await DeniedAsync(() => Alice.Configs.GetConfigurationAsync(Path("billing/prod")));
        await DeniedAsync(() => PutAsync(Alice, "orders/prod", "b=4"));

        // Importing another application does not open it.
        await PublishAsync(Root, "orders/prod/imports", "- billing", DocumentFormat.Yaml);
        await DeniedAsync(() => Alice.Configs.GetEffectiveAsync(new ConfigurationView("orders", "prod")));
    }

    [Fact]
    public async Task Who_edits_need_not_be_who_publishes()
    {
        await GrantAsync(KeyAccess.ReadWrite, Drafts + "orders/prod/");
        await PutAsync(Alice, "orders/prod", "b=5");
        await DeniedAsync(() => Alice.Configs.PublishAsync([new ReleaseTarget("orders", "prod")], new() { Author = "x", Message = "m" }));
        await DeniedAsync(() => PutAsync(Alice, "orders/default", "a=5"));

        await Root.Users.AddUserAsync("bob", "bob");
        await Root.Users.AddRoleAsync("publisher");
        await Root.Users.GrantRoleAsync("bob", "publisher");
        await Root.Users.GrantPermissionAsync("publisher", new(KeyAccess.Write, KeyRange.Prefix(Heads + "orders/prod/")));
        await using var bob = Server.Client("bob", "bob");
        await DeniedAsync(() => PutAsync(bob, "orders/prod", "b=6"));
        var done = await bob.Configs.PublishAsync([new ReleaseTarget("orders", "prod")], new() { Author = "someone", Message = "m" });
        Assert.Empty(done.Diff.Changes);
        var release = await Root.Configs.GetReleaseAsync(done.Release);
        Assert.Equal("someone (as bob)", release!.Release.Author);
    }

    [Fact]
    public async Task The_key_api_leaves_the_slices_keys_to_root()
    {
        await Root.Users.GrantPermissionAsync("r", new(KeyAccess.ReadWrite, KeyRange.All));
        await Alice.Kv.PutAsync("free", "1");
        await DeniedAsync(() => Alice.Kv.PutAsync(Heads + "orders/prod/application", "broken"));
        await DeniedAsync(() => Alice.Kv.DeleteAsync(KeyRange.All));
        await DeniedAsync(() => Alice.Kv.DeleteAsync(KeyRange.Prefix("/concord/")));
        Assert.NotNull(await Alice.Kv.GetAsync(Heads + "orders/prod/application"));
        await PutAsync(Alice, "orders/prod", "b=7");
        await Alice.Configs.PublishAsync([new ReleaseTarget("orders", "prod")], new() { Author = "x", Message = "m" });
        await Root.Kv.PutAsync("/concord/test", "1");
    }

    [Fact]
    public async Task A_subscription_ends_with_the_right_to_it_and_comes_back_with_it()
    {
        await GrantAsync(KeyAccess.Read, Heads + "orders/");
        await using var subscription = Alice.Subscribe(new ConfigurationView("orders", "prod"));
        await Wait.UntilAsync(() => subscription.Current is not null, "the first view");
        await Root.Users.RevokePermissionAsync("r", KeyRange.Prefix(Heads + "orders/"));
        await Wait.UntilAsync(() => subscription.State.Refusal is not null, "the refusal");
        await PublishAsync(Root, "orders/prod", "b=99");
        Assert.Equal("2", subscription.Current!.Settings["b"]);
    }

    [Fact]
    public async Task Rest_takes_a_password_or_a_token_and_says_what_is_missing()
    {
        using var http = new HttpClient { BaseAddress = new(Server.Url) };
        var nobody = await http.GetAsync(new Uri("/v1/apps", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        Assert.Equal(["Basic", "Bearer"], nobody.Headers.WwwAuthenticate.Select(way => way.Scheme));
        Assert.Equal("unauthenticated", await CodeAsync(nobody));

        http.DefaultRequestHeaders.Authorization = Basic("alice", "wrong");
        var wrong = await http.GetAsync(new Uri("/v1/apps", UriKind.Relative));
        Assert.Equal((HttpStatusCode.Unauthorized, "wrong_password"), (wrong.StatusCode, await CodeAsync(wrong)));

        http.DefaultRequestHeaders.Authorization = Basic("alice", "alice");
        var denied = await http.GetAsync(new Uri("/v1/apps/orders/prod/effective", UriKind.Relative));
        Assert.Equal((HttpStatusCode.Forbidden, "permission_denied"), (denied.StatusCode, await CodeAsync(denied)));
        var watch = await http.GetAsync(new Uri("/v1/apps/orders/prod/effective/watch", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Forbidden, watch.StatusCode);
        var put = await http.PutAsync(new Uri("/v1/apps/orders/prod/configurations/application/draft?format=properties", UriKind.Relative), new StringContent("b=9"));
        Assert.Equal(HttpStatusCode.Forbidden, put.StatusCode);

        await GrantAsync(KeyAccess.Read, Heads + "orders/");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/v1/apps/orders/prod/effective", UriKind.Relative))).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", await Server.TokenAsync("alice", "alice"));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/v1/apps/orders/prod/effective", UriKind.Relative))).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", "nonsense");
        Assert.Equal("invalid_token", await CodeAsync(await http.GetAsync(new Uri("/v1/apps", UriKind.Relative))));

        // The gateway's calls are those of whoever asked it, token or password, and of nobody without.
        using var get = new StringContent("""{"key":"YQ=="}""");
        http.DefaultRequestHeaders.Authorization = null;
        var free = await http.PostAsync(new Uri("/v3/kv/range", UriKind.Relative), get);
        Assert.Contains("etcdserver: user name is empty", await free.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        http.DefaultRequestHeaders.Authorization = Basic("alice", "alice");
        Assert.Equal(HttpStatusCode.Forbidden, (await http.PostAsync(new Uri("/v3/kv/range", UriKind.Relative), get)).StatusCode);
        await Root.Users.GrantPermissionAsync("r", new(KeyAccess.Read, KeyRange.Single("a")));
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync(new Uri("/v3/kv/range", UriKind.Relative), get)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", await Server.TokenAsync("alice", "alice"));
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync(new Uri("/v3/kv/range", UriKind.Relative), get)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await http.PostAsync(new Uri("/v3/auth/user/list", UriKind.Relative), new StringContent("{}"))).StatusCode);

        http.DefaultRequestHeaders.Authorization = null;
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative))).StatusCode);
    }

    private static async Task DeniedAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<ConcordServerException>(call);
        Assert.Equal((StatusCode.PermissionDenied, true), (error.Status, error.Message.Length > 0));
    }

    private Task GrantAsync(KeyAccess access, string prefix) => Root.Users.GrantPermissionAsync("r", new(access, KeyRange.Prefix(prefix)));

    private static async Task PublishAsync(ConcordClient client, string path, string content, DocumentFormat format = DocumentFormat.Properties)
    {
        await PutAsync(client, path, content, format);
        await client.Configs.PublishAsync([new ReleaseTarget(Path(path).Application, Path(path).Environment)], new() { Author = "test", Message = "m" });
    }

    private static Task<ConfigurationDraft> PutAsync(ConcordClient client, string path, string content, DocumentFormat format = DocumentFormat.Properties) =>
        client.Configs.PutDraftAsync(Path(path), new ConfigurationDocument(format, content), "test");

    private static ConfigurationPath Path(string text) => ConfigurationPath.TryParse(text, out var path, out var problem) ? path : throw new ArgumentException(problem);

    private static AuthenticationHeaderValue Basic(string user, string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString();
}
