using System.Text;
using Concord.Client;
using Concord.Tests.Client;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;

namespace Concord.Tests.Extensions;

public sealed class ConfigurationSourceTests : IDisposable
{
    private readonly TestHost _test = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task Values_sections_and_arrays_appear_and_follow_what_is_published()
    {
        await using var server = await FakeConfigServer.StartAsync(("Pricing:Discount", "0.1"), ("Shops:0", "a"), ("Shops:1", "b"), ("Shops:10", "c"));
        using var manager = _test.Manager(server.Endpoint);
        Assert.Equal("0.1", manager["pricing:discount"]);
        Assert.Equal(["0", "1", "10"], manager.GetSection("Shops").GetChildren().Select(child => child.Key));
        Assert.Equal(["a", "b", "c"], manager.GetSection("Shops").Get<string[]>()!);

        var reloads = new Signal<string?>();
        using var registration = ChangeToken.OnChange(((IConfiguration)manager).GetReloadToken, () => reloads.Add(manager["Pricing:Discount"]));
        server.Publish(("Pricing:Discount", "0.2"));

        Assert.Equal("0.2", await reloads.NextAsync());
        Assert.False(manager.GetSection("Shops").Exists());
    }

    [Fact]
    public async Task However_often_the_configuration_is_built_there_is_one_subscription_which_ends_with_the_last_use()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        var manager = _test.Manager(server.Endpoint);
        // Removing a source makes a manager build and load every provider again.
        manager.AddInMemoryCollection(new Dictionary<string, string?> { ["b"] = "2" });
        ((IConfigurationBuilder)manager).Sources.RemoveAt(((IConfigurationBuilder)manager).Sources.Count - 1);
        ((IConfigurationRoot)manager).Reload();
        var builder = new ConfigurationBuilder();
        foreach (var source in ((IConfigurationBuilder)manager).Sources)
            builder.Add(source);
        var first = (ConfigurationRoot)builder.Build();
        var second = (ConfigurationRoot)builder.Build();
        var reloads = new Signal<string>();
        foreach (var root in new IConfiguration[] { manager, first, second })
            ChangeToken.OnChange(root.GetReloadToken, () => reloads.Add(root["a"]!));

        server.Publish(("a", "2"));
        for (var i = 0; i < 3; i++)
            Assert.Equal("2", await reloads.NextAsync());
        await server.NextAsync(request => request.Report?.Release == 2);

        Assert.Equal(1, server.StreamsOpened);
        manager.Dispose();
        first.Dispose();
        Assert.Equal("2", second["a"]);
        server.Publish(("a", "3"));
        Assert.Equal("3", await reloads.NextAsync());
        Assert.Equal(1, server.StreamsOpen);
        second.Dispose();
        await Wait.UntilAsync(() => server.StreamsOpen == 0, "the stream is closed");
        Assert.Equal("3", second["a"]);
    }

    [Fact]
    public async Task Two_views_on_the_same_servers_share_one_stream()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        using var manager = _test.Manager(server.Endpoint);
        ((IConfigurationBuilder)manager).AddConcord(options =>
        {
            _test.Configure(options, server.Endpoint);
            options.Application = "billing";
            options.KeyPrefix = "Billing";
        });

        Assert.Equal(("1", "1"), (manager["a"], manager["Billing:a"]));
        Assert.Equal(1, server.StreamsOpened);
    }

    [Fact]
    public async Task Nobody_is_told_of_a_release_that_changes_no_value()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        using var manager = _test.Manager(server.Endpoint);
        var reloads = new Signal<string>();
        using var registration = ChangeToken.OnChange(((IConfiguration)manager).GetReloadToken, () => reloads.Add(manager["a"]!));

        server.Publish(("a", "1"));
        server.Publish(("A", "1"));
        server.Publish(("a", "2"));

        Assert.Equal("2", await reloads.NextAsync());
        await server.NextAsync(request => request.Report?.Release == 4);
        Assert.Equal(1, reloads.Count);
    }

    [Fact]
    public async Task Sources_that_are_added_later_win()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "server"), ("b", "server"));
        using var manager = _test.Manager(server.Endpoint);
        manager.AddInMemoryCollection(new Dictionary<string, string?> { ["a"] = "local" });

        Assert.Equal(("local", "server"), (manager["a"], manager["b"]));
    }

    [Fact]
    public void Required_without_server_and_file_fails_and_says_where_it_looked_and_what_to_do()
    {
        var endpoint = TestClients.Dead();

        var error = Assert.Throws<ConcordUnavailableException>(
            () => _test.Manager(endpoint, options => options.StartupBudget = TimeSpan.FromMilliseconds(300)));

        Assert.All(
            ["orders/dev", endpoint.Authority, "0.3 s", _test.Directory, "CONCORD_ENDPOINTS", "Optional"],
            part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Required_and_refused_by_the_server_fails_at_once_with_the_servers_words()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        server.Refuse(new() { Code = "unknown_application", Message = "There is no application 'orders'.", Remedy = "Did you mean 'order'?" });

        var error = Assert.Throws<ConcordUnavailableException>(() => _test.Manager(server.Endpoint));

        Assert.Contains("Did you mean 'order'?", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Optional_starts_empty_and_follows_when_the_server_appears()
    {
        var endpoint = TestClients.Dead();
        using var manager = _test.Manager(endpoint, options => options.Optional = true);
        Assert.Null(manager["a"]);
        var reloads = new Signal<string?>();
        using var registration = ChangeToken.OnChange(((IConfiguration)manager).GetReloadToken, () => reloads.Add(manager["a"]));

        await using var server = await FakeConfigServer.StartAsync(endpoint.Port, ("a", "1"));

        Assert.Equal("1", await reloads.NextAsync());
    }

    [Fact]
    public async Task A_start_without_server_uses_the_last_known_good_file_and_follows_later()
    {
        var server = await FakeConfigServer.StartAsync(("a", "1"));
        using (var first = _test.Manager(server.Endpoint))
        {
            server.Publish(("a", "2"));
            await server.NextAsync(request => request.Report?.Release == 2);
        }

        await server.DisposeAsync();
        using var second = _test.Manager(server.Endpoint);
        Assert.Equal("2", second["a"]);
        var reloads = new Signal<string?>();
        using var registration = ChangeToken.OnChange(((IConfiguration)second).GetReloadToken, () => reloads.Add(second["a"]));

        await using var again = await FakeConfigServer.StartAsync(server.Endpoint.Port, ("a", "3"));
        Assert.Equal("3", await reloads.NextAsync());
        Assert.Equal("va=2", (await again.NextSubscribeAsync()).KnownVersion);
    }

    [Fact]
    public async Task A_damaged_file_is_as_good_as_none()
    {
        await using (var server = await FakeConfigServer.StartAsync(("a", "1")))
        {
            using var first = _test.Manager(server.Endpoint);
            await server.NextReportAsync();
        }

        var bytes = await File.ReadAllBytesAsync(_test.File!, Stop);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(_test.File!, bytes, Stop);

        using var second = _test.Manager(TestClients.Dead(), options => options.Optional = true);
        Assert.Null(second["a"]);
    }

    [Fact]
    public async Task An_encrypted_file_shows_nothing_and_serves_whoever_has_the_keys()
    {
        var keys = new EphemeralDataProtectionProvider();
        await using (var server = await FakeConfigServer.StartAsync(("Secret", "swordfish")))
        {
            using var first = _test.Manager(server.Endpoint, options => options.Cache.ProtectWith(keys));
            await server.NextReportAsync();
        }

        Assert.DoesNotContain("swordfish", Encoding.UTF8.GetString(await File.ReadAllBytesAsync(_test.File!, Stop)), StringComparison.Ordinal);
        using var second = _test.Manager(TestClients.Dead(), options => options.Cache.ProtectWith(keys));
        Assert.Equal("swordfish", second["Secret"]);
        using var stranger = _test.Manager(TestClients.Dead(), options =>
        {
            options.Optional = true;
            options.Cache.ProtectWith(new EphemeralDataProtectionProvider());
        });
        Assert.Null(stranger["Secret"]);
    }

    [Fact]
    public async Task The_configuration_of_a_host_builder_knows_the_hosts_names()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "Shop.Orders", EnvironmentName = "Staging" });

        builder.Configuration.AddConcord(server.Endpoint.ToString(), options => options.Cache.Enabled = false);

        Assert.Equal("1", builder.Configuration["a"]);
        Assert.Equal("shop-orders/staging", TestHost.FollowerOf(builder.Configuration).Settings.View.ToString());
        builder.Configuration.Dispose();
    }

    [Fact]
    public async Task The_file_can_be_switched_off()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        using var manager = _test.Manager(server.Endpoint, options => options.Cache.Enabled = false);
        await server.NextReportAsync();

        Assert.Null(_test.File);
    }

    [Fact]
    public async Task A_listener_that_throws_does_not_stop_the_following()
    {
        await using var server = await FakeConfigServer.StartAsync(("a", "1"));
        using var manager = _test.Manager(server.Endpoint);
        using var bad = ChangeToken.OnChange(((IConfiguration)manager).GetReloadToken, () => throw new InvalidOperationException("ill"));

        server.Publish(("a", "2"));
        await server.NextAsync(request => request.Report?.Release == 2);
        server.Publish(("a", "3"));
        await server.NextAsync(request => request.Report?.Release == 3);

        Assert.Equal("3", manager["a"]);
    }
}
