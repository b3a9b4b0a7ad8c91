using System.Diagnostics.Metrics;
using Concord.Server.Cluster;
using Concord.Server.Etcd;
using Concord.Server.Hosting;
using Concord.Server.Peers;
using Concord.Server.Replica;

namespace Concord.Server.Telemetry;

/// <summary>
/// What a replica knows of itself, under etcd's names and with etcd's types: some of its gauges are called "total", and
/// dashboards rely on both. All of it is read when somebody asks.
/// </summary>
internal static class ReplicaInstruments
{
    public static void Add(Meter meter, LocalReplica replica, ServerOptions options)
    {
        AddAgreement(meter, replica, options);
        AddIdentity(meter, replica);
        AddKeySpace(meter, replica);
        AddWatches(meter, replica);
        AddPeers(meter, replica);
    }

    private static void AddAgreement(Meter meter, LocalReplica replica, ServerOptions options)
    {
        var metrics = replica.Metrics;
        Gauge(meter, "etcd_server_has_leader", "Whether this member knows a leader.", () => replica.Status.LeaderId != 0 ? 1 : 0);
        Gauge(meter, "etcd_server_is_leader", "Whether this member leads.", () => replica.Status is { LeaderId: not 0 } status && status.LeaderId == status.MemberId ? 1 : 0);
        Gauge(meter, "etcd_server_is_learner", "Whether this member has no vote.", () => replica.Status.IsLearner ? 1 : 0);
        Counter(meter, "etcd_server_leader_changes_seen_total", "Leaders that this member came to know.", () => metrics.LeaderChanges.Value);
        Gauge(meter, "etcd_server_proposals_committed_total", "The index of the last committed log entry that this member knows.", () => replica.Status.CommitIndex);
        Gauge(meter, "etcd_server_proposals_applied_total", "The index of the last log entry that this member has applied.", () => replica.Status.AppliedIndex);
        Gauge(meter, "etcd_server_proposals_pending", "Commands that wait for agreement.", () => metrics.ProposalsPending.Value);
        Counter(meter, "etcd_server_proposals_failed_total", "Commands that ended without a result.", () => metrics.ProposalsFailed.Value);
        Counter(meter, "etcd_server_slow_apply_total", "Batches of entries that took more than 100 ms to apply.", () => metrics.SlowApplies.Value);
        Counter(meter, "etcd_server_slow_read_indexes_total", "Linearizable reads that waited more than 500 ms for the leader's word.", () => metrics.ReadsSlow.Value);
        Counter(meter, "etcd_server_read_indexes_failed_total", "Linearizable reads that got no word from a leader.", () => metrics.ReadsFailed.Value);
        Counter(meter, "etcd_server_heartbeat_send_failures_total", "Heartbeats that found the queue of a connected member full.", () => metrics.HeartbeatsDropped.Value);
        Gauge(meter, "etcd_server_quota_backend_bytes", "Size of the key space from which on writes that grow it are refused.", () => options.QuotaBackendBytes);
        Gauge(meter, "etcd_disk_wal_write_bytes_total", "Bytes written to the log.", () => metrics.LogBytes.Value);
    }

    private static void AddIdentity(Meter meter, LocalReplica replica)
    {
        Fact(meter, "etcd_server_version", "The level of etcd's API that is served.", "server_version", ServerVersion.EtcdApi);
        Fact(meter, "etcd_server_go_version", "What runs the server; the name is etcd's.", "server_go_version", System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription);
        Fact(meter, "etcd_server_id", "This member's id.", "server_id", replica.Status.MemberId.ToString("x", System.Globalization.CultureInfo.InvariantCulture));
        Fact(meter, "etcd_cluster_version", "The version that all members speak.", "cluster_version", ServerVersion.Answer.EtcdCluster[..ServerVersion.Answer.EtcdCluster.LastIndexOf('.')]);
        Fact(meter, "concord_version", "The version of this program.", "version", ServerVersion.Product);
    }

    private static void AddKeySpace(Meter meter, LocalReplica replica)
    {
        var metrics = replica.Metrics;
        Counter(meter, "etcd_mvcc_put_total", "Puts applied on this member, those of transactions too.", () => replica.Applied.Puts);
        Counter(meter, "etcd_mvcc_delete_total", "Deletes applied on this member, those of transactions too.", () => replica.Applied.Deletes);
        Counter(meter, "etcd_mvcc_txn_total", "Transactions on this member.", () => replica.Applied.Transactions + metrics.Reads[ReplicaMetrics.ReadTransactions]);
        Counter(meter, "etcd_mvcc_range_total", "Ranges read on this member, those of transactions too.", () => replica.Applied.Ranges + metrics.Reads[ReplicaMetrics.Ranges]);
        Gauge(meter, "etcd_mvcc_db_total_size_in_bytes", "Size of the key space with its history.", () => MaintenanceService.SizeOf(replica.Status));
        Gauge(meter, "etcd_mvcc_db_total_size_in_use_in_bytes", "The same: nothing is allocated that is not in use.", () => MaintenanceService.SizeOf(replica.Status));
        Gauge(meter, "etcd_debugging_mvcc_keys_total", "Keys that exist.", () => replica.View.KeyCount);
        Gauge(meter, "etcd_debugging_mvcc_current_revision", "The newest revision on this member.", () => replica.View.Revision);
        Gauge(meter, "etcd_debugging_mvcc_compact_revision", "The revision of the last compaction.", () => replica.View.CompactedRevision);
        Counter(meter, "etcd_debugging_lease_granted_total", "Leases granted.", () => replica.Applied.LeasesGranted);
        Counter(meter, "etcd_debugging_lease_revoked_total", "Leases that ended, by request or because their time ran out.", () => replica.Applied.LeasesRevoked + replica.Applied.LeasesExpired);
        Counter(meter, "etcd_debugging_lease_renewed_total", "Renewals of leases that were asked for at this member.", () => metrics.LeasesRenewed.Value);
        Counter(meter, "etcd_debugging_server_lease_expired_total", "Leases whose time ran out.", () => replica.Applied.LeasesExpired);
    }

    private static void AddWatches(Meter meter, LocalReplica replica)
    {
        Gauge(meter, "etcd_debugging_mvcc_watch_stream_total", "Streams of watches.", () => replica.Watches.State.Streams);
        Gauge(meter, "etcd_debugging_mvcc_watcher_total", "Watches.", () => replica.Watches.Count);
        Gauge(meter, "etcd_debugging_mvcc_slow_watcher_total", "Watches that are behind and read history.", () => replica.Watches.State.Behind);
        Gauge(meter, "etcd_debugging_mvcc_pending_events_total", "Notices that wait for their watches' readers.", () => replica.Watches.State.Waiting);
        Counter(meter, "etcd_debugging_mvcc_events_total", "Events given to watches.", () => replica.Watches.State.Events);
    }

    private static void AddPeers(Meter meter, LocalReplica replica)
    {
        var self = replica.Status.MemberId.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        Counter(meter, "etcd_network_peer_sent_bytes_total", "Bytes sent to another member.", replica, peer => peer.SentBytes, peer => [new("To", peer.Member.ToString())]);
        Counter(meter, "etcd_network_peer_received_bytes_total", "Bytes received from another member.", replica, peer => peer.ReceivedBytes, peer => [new("From", peer.Member.ToString())]);
        Counter(meter, "etcd_network_peer_sent_failures_total", "Messages to another member that were dropped.", replica, peer => peer.SendFailures, peer => [new("To", peer.Member.ToString())]);
        Counter(meter, "etcd_network_peer_received_failures_total", "Connections from another member that ended.", replica, peer => peer.ReceiveFailures, peer => [new("From", peer.Member.ToString())]);
        Counter(meter, "etcd_network_disconnected_peers_total", "Connections to another member that broke.", replica, peer => peer.Disconnects, peer => [new("Local", self), new("Remote", peer.Member.ToString())]);
        meter.CreateObservableGauge(
            "etcd_network_active_peers",
            () => replica.Peers.Select(peer => new Measurement<long>(replica.IsConnected(peer.Member) ? 1 : 0, new("Local", self), new("Remote", peer.Member.ToString()))),
            description: "Whether there is a connection to another member.");
        meter.CreateObservableGauge(
            "etcd_network_known_peers",
            () => replica.Peers.Select(peer => new Measurement<long>(1, new("Local", self), new("Remote", peer.Member.ToString()))),
            description: "The other members.");
    }

    private static void Gauge(Meter meter, string name, string description, Func<long> value) => meter.CreateObservableGauge(name, value, description: description);

    private static void Counter(Meter meter, string name, string description, Func<long> value) => meter.CreateObservableCounter(name, value, description: description);

    private static void Counter(
        Meter meter, string name, string description, LocalReplica replica, Func<PeerTraffic, long> value, Func<PeerTraffic, KeyValuePair<string, object?>[]> labels) =>
        meter.CreateObservableCounter(name, () => replica.Peers.Select(peer => new Measurement<long>(value(peer), labels(peer))), description: description);

    /// <summary>A text, which a metric can only have as a label.</summary>
    private static void Fact(Meter meter, string name, string description, string label, string text) =>
        meter.CreateObservableGauge(name, () => new Measurement<long>(1, new KeyValuePair<string, object?>(label, text)), description: description);
}
