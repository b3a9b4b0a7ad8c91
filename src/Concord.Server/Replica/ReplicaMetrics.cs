using System.Diagnostics.Metrics;

namespace Concord.Server.Replica;

/// <summary>
/// What a replica counts and times for those who operate it. Counts are plain numbers with one writer each, read whenever
/// somebody asks (<see cref="Telemetry.ReplicaInstruments"/>). Times are histograms; none is recorded once per call, only
/// once per flush, per snapshot or per heartbeat. Names and buckets are etcd's, so that dashboards made for it fit.
/// </summary>
internal sealed class ReplicaMetrics
{
    /// <summary>Of <see cref="Reads"/>: ranges, those of transactions that only read too.</summary>
    public const int Ranges = 0;

    /// <summary>Of <see cref="Reads"/>: transactions that only read.</summary>
    public const int ReadTransactions = 1;

    /// <summary>For replicas that nobody looks at, in tests. Instruments of the same name in one meter are one.</summary>
    private static readonly Meter Unobserved = new("Concord.Unobserved");

    public ReplicaMetrics()
        : this(Unobserved)
    {
    }

    public ReplicaMetrics(Meter meter)
    {
        LogFlush = Seconds(meter, "etcd_disk_wal_fsync_duration_seconds", "How long a flush of the log takes.", Buckets(0.001, 14));
        LogWrite = Seconds(meter, "etcd_disk_wal_write_duration_seconds", "How long handing a batch of log entries to the operating system takes.", Buckets(0.001, 14));
        LogCommit = Seconds(
            meter, "etcd_disk_backend_commit_duration_seconds",
            "How long a batch of log entries takes to become durable: written and flushed. (There is no other database file.)", Buckets(0.001, 14));
        SnapshotSave = Seconds(meter, "etcd_snap_db_save_total_duration_seconds", "How long writing a snapshot takes, with its flush.", Buckets(0.1, 10));
        RoundTrip = Seconds(meter, "etcd_network_peer_round_trip_time_seconds", "Time from a heartbeat to its answer, by member. Only a leader sends them.", Buckets(0.0001, 15));
    }

    public Histogram<double> LogFlush { get; }

    public Histogram<double> LogWrite { get; }

    public Histogram<double> LogCommit { get; }

    public Histogram<double> SnapshotSave { get; }

    /// <summary>With the tag "To".</summary>
    public Histogram<double> RoundTrip { get; }

    /// <summary>Of the replica's turns: leaders that it came to know.</summary>
    public SingleWriterCount LeaderChanges { get; } = new();

    /// <summary>Of the replica's turns: commands under way.</summary>
    public SingleWriterCount ProposalsPending { get; } = new();

    /// <summary>Of the replica's turns: commands that ended without a result.</summary>
    public SingleWriterCount ProposalsFailed { get; } = new();

    /// <summary>Of the replica's turns: linearizable reads that ended without a view.</summary>
    public SingleWriterCount ReadsFailed { get; } = new();

    /// <summary>Of the replica's turns: linearizable reads that waited long for the leader's word.</summary>
    public SingleWriterCount ReadsSlow { get; } = new();

    /// <summary>Of the replica's turns: turns that applied something and took long.</summary>
    public SingleWriterCount SlowApplies { get; } = new();

    /// <summary>Of the replica's turns: heartbeats that found the queue of a connected member full.</summary>
    public SingleWriterCount HeartbeatsDropped { get; } = new();

    /// <summary>Of the replica's turns: leases that were given their full time again.</summary>
    public SingleWriterCount LeasesRenewed { get; } = new();

    /// <summary>Reads that are answered from a view, on their callers' threads: <see cref="Ranges"/>, <see cref="ReadTransactions"/>.</summary>
    public StripedCounts Reads { get; } = new(2);

    /// <summary>Of the log writer's thread.</summary>
    public SingleWriterCount LogBytes { get; } = new();

    /// <summary>From <paramref name="first"/> seconds on, each twice the one before.</summary>
    internal static double[] Buckets(double first, int count) => [.. Enumerable.Range(0, count).Select(i => first * Math.Pow(2, i))];

    private static Histogram<double> Seconds(Meter meter, string name, string description, double[] buckets) =>
        meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
}
