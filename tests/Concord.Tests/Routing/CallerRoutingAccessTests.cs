using Concord.Client;
using Concord.Client.Balancing;
using Concord.Client.Configs;
using Concord.Client.Kv;
using Concord.Client.Users;
using Concord.Tests.Auth;
using Concord.Tests.Client;
using Concord.Tests.Gateway;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Routing;

/// <summary>Who may not read the rules calls all the same, and goes by them when he may.</summary>
public sealed class CallerRoutingAccessTests
{
    [Fact]
    public async Task Without_the_right_to_read_the_rules_calls_go_to_everybody_until_it_is_given()
    {
        using var patience = new CancellationTokenSource(Wait.Bound);
        await using var server = await AuthServer.EnabledAsync();
        await using var root = server.Client("root", "root");
        await using var one = await TestBackend.StartAsync("1");
        await using var two = await TestBackend.StartAsync("2");
        foreach (var (id, backend) in new[] { ("1", one), ("2", two) })
            await root.Registry.RegisterPersistentAsync(new() { Service = "shop", Id = id, Version = id, Endpoints = [new("http", backend.Url.Host, backend.Url.Port)] }, null, patience.Token);
        var rules = ConfigurationPath.Parse("routing/prod/shop");
        await root.Configs.PutDraftAsync(rules, new ConfigurationDocument(DocumentFormat.Yaml, "split: [{ version: \"2\", percent: 100 }]\n"), "root", cancellationToken: patience.Token);
        await root.Configs.PublishAsync([ReleaseTarget.Of(rules)], new PublishOptions { Author = "root" }, patience.Token);
        await root.Users.GrantPermissionAsync("r", new KeyPermission(KeyAccess.Read, KeyRange.Prefix("/concord/registry/instances/shop/")), patience.Token);

        var log = new Refusals();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(log));
        services.AddConcordClient(new ConcordClientOptions
        {
            Endpoints = [new(server.Url)],
            Credentials = new("alice", "alice"),
            BackoffMin = TimeSpan.FromMilliseconds(5),
            BackoffMax = TimeSpan.FromMilliseconds(20),
        });
        services.AddConcordBalancing(options =>
        {
            options.Environment = "prod";
            options.CacheDirectory = null;
            options.ForAll(pool => pool with { Policy = BalancingPolicies.RoundRobin() });
        });
        services.AddHttpClient("calls").AddConcordBalancing();
        await using var provider = services.BuildServiceProvider();
        var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("calls");

        var answers = new HashSet<string>();
        for (var i = 0; i < 4; i++)
            answers.Add((await http.GetStringAsync("http://shop/", patience.Token))[..1]);
        Assert.Equal(2, answers.Count);
        await Wait.UntilAsync(() => log.Debugs > 2, "it is asked again");
        Assert.Equal(1, log.Warnings);

        await root.Users.GrantPermissionAsync("r", new KeyPermission(KeyAccess.Read, KeyRange.Prefix("/concord/config/heads/routing/")), patience.Token);
        await Wait.UntilAsync(
            async () =>
            {
                for (var i = 0; i < 4; i++)
                {
                    if (!(await http.GetStringAsync("http://shop/", patience.Token)).StartsWith('2'))
                        return false;
                }

                return true;
            },
            "the rules are followed");
    }

    /// <summary>Counts what the client says of a refused subscription.</summary>
    private sealed class Refusals : ILoggerProvider, ILogger
    {
        private int _warnings;
        private int _debugs;

        public int Warnings => Volatile.Read(ref _warnings);

        public int Debugs => Volatile.Read(ref _debugs);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == 7016)
                Interlocked.Increment(ref logLevel == LogLevel.Warning ? ref _warnings : ref _debugs);
        }

        public void Dispose()
        {
        }
    }
}
