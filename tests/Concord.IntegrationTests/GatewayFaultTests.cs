using System.Text.RegularExpressions;
using Concord.Client;
using Concord.Client.Configs;

namespace Concord.IntegrationTests;

/// <summary>
/// The demonstration: six instances of a service in two zones, a gateway before them, three servers, users who never stop asking; then an instance, a
/// host with two instances and the leading server are killed, and an instance is stopped as a deployment does. No user is failed.
/// </summary>
public sealed partial class GatewayFaultTests(ITestOutputHelper output)
{
    private const string Routes = """
        routes:
          echo:
            service: echo
            match: { path: "/{**rest}" }
            retries: { attempts: 3 }
        """;

    private const string Routing = """
        failover: [own-zone, any]
        """;

    [Fact]
    public async Task No_user_is_failed_while_an_instance_a_host_and_the_leading_server_die()
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await ClusterProcesses.StartAsync(3);
        var servers = string.Join(',', cluster.Addresses);
        await using var client = new ConcordClient(servers);
        await PublishAsync(client, "gateway/prod", Routes);
        await PublishAsync(client, "routing/prod/echo", Routing);

        var echoes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => EchoAsync(servers, i < 3 ? "a" : "b")));
        await using var gateway = TestProcess.Start(
            Built.Gateway,
            ["--endpoints", servers, "--zone", "a", "--listen-urls", "http://127.0.0.1:0", "--listen-admin-url", "http://127.0.0.1:0", "--cache-dir", folder["gateway"]]);
        try
        {
            var line = await gateway.WaitForLineAsync(line => Traffic().IsMatch(line));
            await ReadyAsync(Traffic().Match(line).Groups["admin"].Value);
            await using var load = new HttpLoad(Traffic().Match(line).Groups["traffic"].Value, users: 16, pace: TimeSpan.FromMilliseconds(40));
            await load.UntilAsync(() => load.Answers.Count >= 3, "all of the gateway's zone are used");
            await load.MoreAsync(500);
            Assert.All(load.Answers.Keys, answer => Assert.Contains("zone=a", answer, StringComparison.Ordinal));

            await echoes[0].KillAsync();
            await load.MoreAsync(1_000);
            await Task.WhenAll(echoes[1].KillAsync(), echoes[3].KillAsync());
            await load.UntilAsync(() => load.Answers.Keys.Any(answer => answer.Contains("zone=b", StringComparison.Ordinal)), "the other zone helps out");
            await load.MoreAsync(1_000);

            await cluster.KillAsync(await cluster.LeaderAsync());
            await load.MoreAsync(1_000);
            await cluster.LeaderAsync();
            await using var late = await EchoAsync(servers, "a");
            await load.UntilAsync(() => load.Answers.Keys.Any(answer => answer.StartsWith($"{late.Id} ", StringComparison.Ordinal)), "one that came after the leader's death is used");

            await echoes[2].TerminateAsync();
            await load.MoreAsync(500);
            await load.StopAsync();

            output.WriteLine(
                $"{load.Count} requests by 16 users, {load.Failures.Count} failed, the longest took {load.Worst.TotalMilliseconds:0} ms; 3 of 6 instances and the leader killed, 1 stopped, 1 added");
            Assert.True(load.Failures.Count == 0, $"{load.Failures.Count} of {load.Count} failed: {string.Join("\n", load.Failures.Take(10))}\n{gateway.Output}");
        }
        finally
        {
            foreach (var echo in echoes)
            {
                await echo.DisposeAsync();
            }
        }
    }

    /// <summary>All servers are away and the gateway is killed: the next one serves from what the last one knew, the closed zone still closed.</summary>
    [Fact]
    public async Task A_gateway_that_starts_while_no_server_is_there_serves_from_its_files()
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await ClusterProcesses.StartAsync(1);
        var servers = string.Join(',', cluster.Addresses);
        await using var client = new ConcordClient(servers);
        await PublishAsync(client, "gateway/prod", Routes);
        await PublishAsync(client, "routing/prod/echo", "maintenance: { b: new switches }");
        await using var open = await EchoAsync(servers, "a");
        await using var closed = await EchoAsync(servers, "b");
        string[] arguments = ["--endpoints", servers, "--listen-urls", "http://127.0.0.1:0", "--listen-admin-url", "http://127.0.0.1:0", "--cache-dir", folder["gateway"]];
        await using (var first = TestProcess.Start(Built.Gateway, arguments))
        {
            await ReadyAsync(Traffic().Match(await first.WaitForLineAsync(line => Traffic().IsMatch(line))).Groups["admin"].Value);
            await WrittenAsync(folder["gateway"], "gateway.prod.*.lkg");
            await WrittenAsync(Path.Combine(folder["gateway"], "services"), "echo.*.instances.lkg");
            await WrittenAsync(Path.Combine(folder["gateway"], "services"), "routing.prod.*.lkg");
            await cluster.KillAsync(0);
            await first.KillAsync();
        }

        await using var second = TestProcess.Start(Built.Gateway, arguments);
        var started = Traffic().Match(await second.WaitForLineAsync(line => Traffic().IsMatch(line)));
        using var http = new HttpClient { BaseAddress = new Uri(started.Groups["traffic"].Value) };
        for (var i = 0; i < 10; i++)
        {
            using var answer = await http.GetAsync("/", TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {text}\n{second.Output}");
            Assert.Contains("zone=a", text, StringComparison.Ordinal);
        }

        using var admin = new HttpClient { BaseAddress = new Uri(started.Groups["admin"].Value) };
        Assert.Equal("Degraded", await admin.GetStringAsync("/readyz", TestContext.Current.CancellationToken));
    }

    private static async Task WrittenAsync(string directory, string pattern)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!Directory.Exists(directory) || Directory.GetFiles(directory, pattern).Length == 0)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<TestProcess> EchoAsync(string servers, string zone)
    {
        var process = TestProcess.Start(Built.Echo, [], new Dictionary<string, string>
        {
            ["CONCORD_ENDPOINTS"] = servers,
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["Concord__Registration__Service"] = "echo",
            ["Concord__Registration__Zone"] = zone,
            ["Concord__Registration__Version"] = "1",
            ["Concord__Registration__DrainTime"] = "00:00:01",
        });
        await process.WaitForLineAsync(line => line.Contains("Registered as echo/", StringComparison.Ordinal));
        return process;
    }

    private static async Task PublishAsync(ConcordClient client, string path, string yaml)
    {
        var configuration = ConfigurationPath.Parse(path);
        await client.Configs.PutDraftAsync(configuration, new ConfigurationDocument(DocumentFormat.Yaml, yaml), "test");
        await client.Configs.PublishAsync([ReleaseTarget.Of(configuration)], new PublishOptions { Author = "test" });
    }

    private static async Task ReadyAsync(string admin)
    {
        using var http = new HttpClient { BaseAddress = new Uri(admin) };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        string answer;
        do
        {
            await timer.WaitForNextTickAsync();
            // 503 until it is ready.
            using var response = await http.GetAsync("/health");
            answer = await response.Content.ReadAsStringAsync();
        }
        while (!answer.Contains("\"status\": \"Healthy\"", StringComparison.Ordinal) || answer.Contains("\"routes\": \"0\"", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"Traffic at (?<traffic>http://\S+), health and metrics at (?<admin>http://\S+)")]
    private static partial Regex Traffic();
}
