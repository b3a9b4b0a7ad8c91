using System.Net;
using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Concord.Tests.Administration;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Telemetry;

/// <summary>What dashboards and alert rules made for etcd read must be there under the same names, with the same types.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    private ConcordServer _server = null!;
    private GrpcChannel _channel = null!;

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    private Uri Url => _server.ClientUrls[0];

    private KV.KVClient Kv => new(_channel);

    public async ValueTask InitializeAsync()
    {
        _server = await StartAsync("basic");
        _channel = GrpcChannel.ForAddress(Url);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("etcd_server_has_leader", "gauge")]
    [InlineData("etcd_server_is_leader", "gauge")]
    [InlineData("etcd_server_is_learner", "gauge")]
    [InlineData("etcd_server_leader_changes_seen_total", "counter")]
    [InlineData("etcd_server_proposals_committed_total", "gauge")]
    [InlineData("etcd_server_proposals_applied_total", "gauge")]
    [InlineData("etcd_server_proposals_pending", "gauge")]
    [InlineData("etcd_server_proposals_failed_total", "counter")]
    [InlineData("etcd_server_slow_apply_total", "counter")]
    [InlineData("etcd_server_slow_read_indexes_total", "counter")]
    [InlineData("etcd_server_read_indexes_failed_total", "counter")]
    [InlineData("etcd_server_heartbeat_send_failures_total", "counter")]
    [InlineData("etcd_server_quota_backend_bytes", "gauge")]
    [InlineData("etcd_server_health_success", "counter")]
    [InlineData("etcd_server_health_failures", "counter")]
    [InlineData("etcd_server_version", "gauge")]
    [InlineData("etcd_server_id", "gauge")]
    [InlineData("etcd_cluster_version", "gauge")]
    [InlineData("etcd_disk_wal_fsync_duration_seconds", "histogram")]
    [InlineData("etcd_disk_wal_write_duration_seconds", "histogram")]
    [InlineData("etcd_disk_wal_write_bytes_total", "gauge")]
    [InlineData("etcd_disk_backend_commit_duration_seconds", "histogram")]
    [InlineData("etcd_mvcc_db_total_size_in_bytes", "gauge")]
    [InlineData("etcd_mvcc_db_total_size_in_use_in_bytes", "gauge")]
    [InlineData("etcd_mvcc_put_total", "counter")]
    [InlineData("etcd_mvcc_delete_total", "counter")]
    [InlineData("etcd_mvcc_range_total", "counter")]
    [InlineData("etcd_mvcc_txn_total", "counter")]
    [InlineData("etcd_debugging_mvcc_keys_total", "gauge")]
    [InlineData("etcd_debugging_mvcc_watcher_total", "gauge")]
    [InlineData("etcd_debugging_mvcc_watch_stream_total", "gauge")]
    [InlineData("etcd_debugging_mvcc_slow_watcher_total", "gauge")]
    [InlineData("etcd_debugging_mvcc_pending_events_total", "gauge")]
    [InlineData("etcd_debugging_mvcc_events_total", "counter")]
    [InlineData("etcd_debugging_lease_granted_total", "counter")]
    [InlineData("etcd_debugging_server_lease_expired_total", "counter")]
    [InlineData("etcd_network_client_grpc_received_bytes_total", "counter")]
    [InlineData("etcd_network_client_grpc_sent_bytes_total", "counter")]
    [InlineData("grpc_server_started_total", "counter")]
    [InlineData("grpc_server_handled_total", "counter")]
    [InlineData("concord_registry_instances", "gauge")]
    [InlineData("concord_registry_instances_held", "gauge")]
    [InlineData("concord_registry_expired_total", "counter")]
    [InlineData("concord_registry_checks_total", "counter")]
    [InlineData("concord_registry_check_transitions_total", "counter")]
    [InlineData("process_cpu_seconds_total", "counter")]
    [InlineData("process_resident_memory_bytes", "gauge")]
    [InlineData("process_start_time_seconds", "gauge")]
    [InlineData("process_open_fds", "gauge")]
    [InlineData("process_max_fds", "gauge")]
    [InlineData("concord_config_connections", "gauge")]
    [InlineData("concord_config_subscriptions", "gauge")]
    [InlineData("concord_config_releases_total", "counter")]
    public async Task A_metric_has_its_name_and_type(string name, string type)
    {
        var metrics = await MetricsText.ReadAsync(Url, Patience);
        Assert.Equal(type, metrics.Types.GetValueOrDefault(name));
    }

    [Fact]
    public async Task A_single_member_leads_and_says_so()
    {
        var metrics = await MetricsText.ReadAsync(Url, Patience);
        Assert.Equal(1, metrics["etcd_server_has_leader"]);
        Assert.Equal(1, metrics["etcd_server_is_leader"]);
        Assert.Equal(0, metrics["etcd_server_is_learner"]);
        Assert.Equal(1, metrics["etcd_server_leader_changes_seen_total"]);
        Assert.Equal(1, metrics[$"etcd_server_id{{server_id=\"{_server.Replica.Status.MemberId:x}\"}}"]);
        Assert.Equal(_server.Options.QuotaBackendBytes, metrics["etcd_server_quota_backend_bytes"]);
    }

    [Fact]
    public async Task What_is_done_is_counted()
    {
        var before = await MetricsText.ReadAsync(Url, Patience);
        var key = ByteString.CopyFromUtf8("a");
        await Kv.PutAsync(new() { Key = key, Value = key, Lease = (await new Lease.LeaseClient(_channel).LeaseGrantAsync(new() { TTL = 60 })).ID });
        var transaction = new TxnRequest();
        transaction.Success.Add(new RequestOp { RequestPut = new() { Key = ByteString.CopyFromUtf8("b") } });
        transaction.Success.Add(new RequestOp { RequestRange = new() { Key = key } });
        transaction.Success.Add(new RequestOp { RequestDeleteRange = new() { Key = key } });
        await Kv.TxnAsync(transaction);
        await Kv.RangeAsync(new() { Key = key });

        var after = await MetricsText.UntilAsync(Url, text => text[Handled("Range", "OK")] > before[Handled("Range", "OK")], Patience);

        Assert.Equal(2, Rise("etcd_mvcc_put_total"));
        Assert.Equal(1, Rise("etcd_mvcc_delete_total"));
        Assert.Equal(1, Rise("etcd_mvcc_txn_total"));
        Assert.Equal(2, Rise("etcd_mvcc_range_total"));
        Assert.Equal(1, Rise("etcd_debugging_lease_granted_total"));
        Assert.Equal(1, Rise("etcd_debugging_mvcc_keys_total"));
        Assert.Equal(2, Rise("etcd_debugging_mvcc_current_revision"));
        Assert.Equal(3, Rise("etcd_server_proposals_applied_total"));
        Assert.Equal(3, Rise("etcd_server_proposals_committed_total"));
        Assert.Equal(0, after["etcd_server_proposals_pending"]);
        Assert.InRange(Rise("etcd_disk_wal_fsync_duration_seconds_count"), 1, 3);
        Assert.InRange(Rise("etcd_disk_backend_commit_duration_seconds_count"), 1, 3);
        Assert.True(Rise("etcd_disk_wal_write_bytes_total") > 0);
        Assert.True(Rise("etcd_mvcc_db_total_size_in_bytes") > 0);
        Assert.True(Rise("etcd_network_client_grpc_received_bytes_total") > 100);
        Assert.True(Rise("etcd_network_client_grpc_sent_bytes_total") > 100);

        double Rise(string series) => after[series] - before[series];
    }

    [Fact]
    public async Task Calls_are_counted_by_method_and_code()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await Kv.PutAsync(new()));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        await Kv.PutAsync(new() { Key = ByteString.CopyFromUtf8("a") });

        var metrics = await MetricsText.UntilAsync(Url, text => text[Handled("Put", "OK")] > 0, Patience);

        Assert.Equal(1, metrics[Handled("Put", "OK")]);
        Assert.Equal(1, metrics[Handled("Put", "InvalidArgument")]);
        Assert.Equal(0, metrics[Handled("Put", "Unavailable")]);
        Assert.Equal(2, metrics["grpc_server_started_total{grpc_type=\"unary\",grpc_service=\"etcdserverpb.KV\",grpc_method=\"Put\"}"]);
        Assert.Equal("", string.Join(' ', metrics.Of("grpc_server_handling_seconds_count")));
    }

    [Fact]
    public async Task An_open_watch_is_started_and_not_handled_until_it_ends()
    {
        const string Started = "grpc_server_started_total{grpc_type=\"bidi_stream\",grpc_service=\"etcdserverpb.Watch\",grpc_method=\"Watch\"}";
        const string Canceled = "grpc_server_handled_total{grpc_type=\"bidi_stream\",grpc_service=\"etcdserverpb.Watch\",grpc_method=\"Watch\",grpc_code=\"Canceled\"}";
        var before = await MetricsText.ReadAsync(Url, Patience);
        using (var watch = new Watch.WatchClient(_channel).Watch(cancellationToken: Patience))
        {
            await watch.RequestStream.WriteAsync(new() { CreateRequest = new() { Key = ByteString.CopyFromUtf8("w") } }, Patience);
            Assert.True(await watch.ResponseStream.MoveNext(Patience));
            await Kv.PutAsync(new() { Key = ByteString.CopyFromUtf8("w") });
            Assert.True(await watch.ResponseStream.MoveNext(Patience));
            var open = await MetricsText.ReadAsync(Url, Patience);
            Assert.Equal(1, open[Started]);
            Assert.Equal(0, open[Canceled]);
            Assert.Equal(1, open["etcd_debugging_mvcc_watcher_total"] - before["etcd_debugging_mvcc_watcher_total"]);
            Assert.Equal(1, open["etcd_debugging_mvcc_watch_stream_total"] - before["etcd_debugging_mvcc_watch_stream_total"]);
            Assert.Equal(1, open["etcd_debugging_mvcc_events_total"] - before["etcd_debugging_mvcc_events_total"]);
        }

        await MetricsText.UntilAsync(Url, text => text[Canceled] == 1 && text["etcd_debugging_mvcc_watcher_total"] == before["etcd_debugging_mvcc_watcher_total"], Patience);
    }

    [Fact]
    public async Task Extensive_metrics_time_every_call()
    {
        await using var server = await StartAsync("extensive");
        using var channel = GrpcChannel.ForAddress(server.ClientUrls[0]);
        await new KV.KVClient(channel).PutAsync(new() { Key = ByteString.CopyFromUtf8("a") });
        const string Count = "grpc_server_handling_seconds_count{grpc_type=\"unary\",grpc_service=\"etcdserverpb.KV\",grpc_method=\"Put\"}";
        var metrics = await MetricsText.UntilAsync(server.ClientUrls[0], text => text.Of("grpc_server_handling_seconds_count").Contains(Count), Patience);
        Assert.Equal(1, metrics[Count]);
        Assert.Equal("histogram", metrics.Types["grpc_server_handling_seconds"]);
        Assert.Equal(1, metrics["grpc_server_handling_seconds_bucket{grpc_type=\"unary\",grpc_service=\"etcdserverpb.KV\",grpc_method=\"Put\",le=\"+Inf\"}"]);
    }

    [Fact]
    public async Task The_operators_port_has_metrics_and_health_and_nothing_else()
    {
        await using var server = await StartAsync("basic", "http://127.0.0.1:0");
        var url = Assert.Single(server.MetricsUrls);
        Assert.NotEqual(Assert.Single(server.ClientUrls).Port, url.Port);
        using var client = new HttpClient { BaseAddress = url };
        foreach (var (path, expected) in new[]
        {
            ("/metrics", HttpStatusCode.OK), ("/health", HttpStatusCode.OK), ("/livez", HttpStatusCode.OK), ("/readyz", HttpStatusCode.OK),
            ("/readyz/non_learner", HttpStatusCode.OK), ("/version", HttpStatusCode.NotFound), ("/v3/kv/range", HttpStatusCode.NotFound), ("/etcdserverpb.KV/Range", HttpStatusCode.NotFound),
            ("/", HttpStatusCode.NotFound),
        })
        {
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative), Patience);
            Assert.Equal((path, expected), (path, response.StatusCode));
        }

        using var put = await client.PostAsync(new Uri("/v3/kv/put", UriKind.Relative), new StringContent("{\"key\":\"YQ==\"}"), Patience);
        Assert.Equal(HttpStatusCode.NotFound, put.StatusCode);
    }

    [Fact]
    public async Task Three_members_agree_on_one_leader_and_see_each_other()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync();
        var urls = Enumerable.Range(0, 3).Select(index => new Uri(cluster.ClientUrl(index))).ToArray();
        var members = await Task.WhenAll(urls.Select(url => MetricsText.ReadAsync(url, Patience)));
        Assert.Equal(3, members.Sum(member => member["etcd_server_has_leader"]));
        Assert.Equal(1, members.Sum(member => member["etcd_server_is_leader"]));
        Assert.Equal(1, members[leader]["etcd_server_is_leader"]);

        foreach (var other in Enumerable.Range(0, 3).Where(index => index != leader))
        {
            var (self, id) = ($"{cluster.Id(leader):x}", $"{cluster.Id(other):x}");
            var metrics = await MetricsText.UntilAsync(
                urls[leader], text => text.Of("etcd_network_peer_round_trip_time_seconds_count").Contains($"etcd_network_peer_round_trip_time_seconds_count{{To=\"{id}\"}}"), Patience);
            Assert.True(metrics[$"etcd_network_peer_sent_bytes_total{{To=\"{id}\"}}"] > 0);
            Assert.True(metrics[$"etcd_network_peer_received_bytes_total{{From=\"{id}\"}}"] > 0);
            Assert.Equal(1, metrics[$"etcd_network_active_peers{{Local=\"{self}\",Remote=\"{id}\"}}"]);
        }

        var seen = members.Select(member => member["etcd_server_leader_changes_seen_total"]).ToArray();
        var next = (leader + 1) % 3;
        await cluster.Maintenance(leader).MoveLeaderAsync(new() { TargetID = cluster.Id(next) });
        Assert.Equal(next, await cluster.LeaderAsync());
        for (var i = 0; i < 3; i++)
        {
            await MetricsText.UntilAsync(urls[i], text => text["etcd_server_leader_changes_seen_total"] > seen[i] && text["etcd_server_is_leader"] == (i == next ? 1 : 0), Patience);
        }

        var gone = $"{cluster.Id(leader):x}";
        await cluster.StopAsync(leader);
        await MetricsText.UntilAsync(
            urls[next],
            text => text.Of("etcd_network_peer_sent_failures_total").Any(series => series.Contains(gone, StringComparison.Ordinal) && text[series] > 0)
                && text[$"etcd_network_active_peers{{Local=\"{cluster.Id(next):x}\",Remote=\"{gone}\"}}"] == 0,
            Patience);
    }

    private static string Handled(string method, string code) =>
        $"grpc_server_handled_total{{grpc_type=\"unary\",grpc_service=\"etcdserverpb.KV\",grpc_method=\"{method}\",grpc_code=\"{code}\"}}";

    private static Task<ConcordServer> StartAsync(string metrics, params string[] metricsUrls) => ConcordServer.StartAsync(
        new ServerOptions { ListenClientUrls = [new("http://127.0.0.1:0")], ListenMetricsUrls = [.. metricsUrls.Select(url => new Uri(url))], Metrics = metrics },
        NullLoggerFactory.Instance,
        Patience);
}
