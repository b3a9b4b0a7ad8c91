using System.Net;
using Concord.Mvcc;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Concord.Tests.Administration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Telemetry;

/// <summary>Probes and etcd's tools read these bodies and codes.</summary>
public sealed class HealthEndpointsTests : IAsyncLifetime
{
    private const string AllReady = "[+]data_corruption ok\n[+]linearizable_read ok\n[+]non_learner ok\n[+]serializable_read ok\n";

    private ConcordServer _server = null!;

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public async ValueTask InitializeAsync() => _server = await ConcordServer.StartAsync(
        new ServerOptions { ListenClientUrls = [new("http://127.0.0.1:0")], QuotaBackendBytes = 1 }, NullLoggerFactory.Instance, Patience);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("/health", "{\"health\":\"true\",\"reason\":\"\"}")]
    [InlineData("/health?serializable=true", "{\"health\":\"true\",\"reason\":\"\"}")]
    [InlineData("/livez", "ok\n")]
    [InlineData("/livez?verbose", "[+]serializable_read ok\nok\n")]
    [InlineData("/livez/serializable_read", "ok\n")]
    [InlineData("/readyz", "ok\n")]
    [InlineData("/readyz?verbose=true", AllReady + "ok\n")]
    [InlineData("/readyz?verbose&exclude=data_corruption&exclude=linearizable_read&exclude=no_such_check", "[+]non_learner ok\n[+]serializable_read ok\nok\n")]
    [InlineData("/readyz/data_corruption", "ok\n")]
    [InlineData("/readyz/serializable_read?verbose", "[+]serializable_read ok\nok\n")]
    [InlineData("/readyz/linearizable_read", "ok\n")]
    [InlineData("/readyz/non_learner", "ok\n")]
    public async Task A_server_that_works_says_so_as_etcd_does(string path, string body)
    {
        var (status, text) = await GetAsync(_server.ClientUrls[0], path);
        Assert.Equal((HttpStatusCode.OK, body), (status, text));
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/livez")]
    [InlineData("/livez/serializable_read")]
    [InlineData("/readyz")]
    [InlineData("/version")]
    [InlineData("/metrics")]
    public async Task Only_get_is_answered(string path)
    {
        using var client = new HttpClient { BaseAddress = _server.ClientUrls[0] };
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Head, HttpMethod.Put })
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
            using var response = await client.SendAsync(request, Patience);
            Assert.Equal((method, HttpStatusCode.MethodNotAllowed), (method, response.StatusCode));
            Assert.Equal("GET", Assert.Single(response.Content.Headers.Allow));
        }
    }

    [Fact]
    public async Task The_version_names_what_reads_a_snapshot()
    {
        var (status, text) = await GetAsync(_server.ClientUrls[0], "/version");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.StartsWith("{\"etcdserver\":\"3.6.14\",\"etcdcluster\":\"3.6.0\",\"storage\":\"3.6.0\",\"concord\":\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_room_health_says_no_unless_that_is_excluded_and_the_process_is_left_alone()
    {
        await _server.Replica.ProposeAsync(new WriteCommand(new PutOperation("a"u8.ToArray(), "1"u8.ToArray())), Patience);
        var url = _server.ClientUrls[0];

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n"), await GetAsync(url, "/health"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n"), await GetAsync(url, "/health?serializable=true&exclude=CORRUPT"));
        Assert.Equal((HttpStatusCode.OK, "{\"health\":\"true\",\"reason\":\"\"}"), await GetAsync(url, "/health?exclude=NOSPACE"));
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync(url, "/readyz"));
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync(url, "/livez"));

        var metrics = await MetricsText.ReadAsync(url, Patience);
        Assert.Equal((1, 2), (metrics["etcd_server_health_success"], metrics["etcd_server_health_failures"]));
        Assert.Equal(1, metrics["etcd_server_healthchecks_total{type=\"livez\",name=\"serializable_read\",status=\"success\"}"]);
        Assert.Equal(1, metrics["etcd_server_healthcheck{type=\"readyz\",name=\"linearizable_read\"}"]);
    }

    [Fact]
    public async Task Without_a_majority_a_member_lives_and_is_not_ready()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync();
        await cluster.StopAsync((leader + 1) % 3);
        await cluster.StopAsync(leader);
        var url = new Uri(cluster.ClientUrl((leader + 2) % 3));
        await MetricsText.UntilAsync(url, text => text["etcd_server_has_leader"] == 0, Patience);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n"), await GetAsync(url, "/health"));
        Assert.Equal((HttpStatusCode.OK, "{\"health\":\"true\",\"reason\":\"\"}"), await GetAsync(url, "/health?serializable=true"));
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync(url, "/livez"));
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync(url, "/readyz?exclude=linearizable_read"));
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, AllReady.Replace("[+]linearizable_read ok", "[-]linearizable_read failed: etcdserver: no leader", StringComparison.Ordinal) + "\n"),
            await GetAsync(url, "/readyz"));
        Assert.Equal(0, (await MetricsText.ReadAsync(url, Patience))["etcd_server_healthcheck{type=\"readyz\",name=\"linearizable_read\"}"]);
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(Uri server, string path)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri(server, path), Patience);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Patience));
    }
}
