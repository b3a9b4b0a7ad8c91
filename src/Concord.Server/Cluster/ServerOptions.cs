using System.Net.Security;
using Concord.Gossip;

namespace Concord.Server.Cluster;

public enum LogFormat
{
    /// <summary>One readable line per message.</summary>
    Text,

    /// <summary>One JSON object per line, for log collectors.</summary>
    Json,
}

/// <summary>
/// Everything that can be set at start. The values here are the defaults; <see cref="ServerOptionsReader"/> fills them
/// from flags, environment and file and checks them, so code that receives an instance need not check again.
/// </summary>
public sealed record ServerOptions
{
    /// <summary>Of <see cref="Metrics"/>: also how long every gRPC call takes.</summary>
    public const string ExtensiveMetrics = "extensive";

    public const string OtlpOverGrpc = "grpc";

    public const string OtlpOverHttp = "http/protobuf";

    public string Name { get; init; } = "default";

    /// <summary>Where log, snapshots and identity live; empty means <c>NAME.concord</c> in the working directory.</summary>
    public string DataDir { get; init; } = "";

    public IReadOnlyList<Uri> ListenClientUrls { get; init; } = [new("http://localhost:2379")];

    /// <summary>What clients are told to connect to; empty means the addresses that were bound.</summary>
    public IReadOnlyList<Uri> AdvertiseClientUrls { get; init; } = [];

    public IReadOnlyList<Uri> ListenPeerUrls { get; init; } = [new("http://localhost:2380")];

    /// <summary>
    /// Other members can connect. A server that founds a cluster of itself alone, and was not told where to listen for others,
    /// leaves the port closed.
    /// </summary>
    public bool HasPeerPort { get; init; }

    public IReadOnlyList<Uri> InitialAdvertisePeerUrls { get; init; } = [new("http://localhost:2380")];

    /// <summary>The founding members; empty means this one alone.</summary>
    public IReadOnlyList<InitialMember> InitialCluster { get; init; } = [];

    public string InitialClusterState { get; init; } = "new";

    public string InitialClusterToken { get; init; } = "concord-cluster";

    /// <summary>Make this member, with the data it has, the only one of its cluster: the way out when the majority is lost for good.</summary>
    public bool ForceNewCluster { get; init; }

    /// <summary>For the addresses of clients that are https; the others are served in clear text.</summary>
    public TlsOptions ClientTls { get; init; } = new();

    /// <summary>Between members: all of it, or none.</summary>
    public TlsOptions PeerTls { get; init; } = new();

    /// <summary>Years that a certificate of the server's own is good for.</summary>
    public int SelfSignedCertValidity { get; init; } = 1;

    /// <summary>Of TLS 1.2; those of 1.3 are not chosen. Empty: what the system uses.</summary>
    public IReadOnlyList<TlsCipherSuite> CipherSuites { get; init; } = [];

    /// <summary>2 or 3, for TLS 1.2 or 1.3.</summary>
    public int TlsMinVersion { get; init; } = 2;

    /// <inheritdoc cref="TlsMinVersion"/>
    public int TlsMaxVersion { get; init; } = 3;

    /// <summary>Which tokens a sign-in gives: <c>simple</c>, or <c>jwt,…</c> with its keys.</summary>
    public string AuthToken { get; init; } = "simple";

    /// <summary>How long a simple token lasts after its last use.</summary>
    public TimeSpan AuthTokenTtl { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Each step doubles the time to check a password: 10 takes some fifty milliseconds.</summary>
    public int BcryptCost { get; init; } = 10;

    /// <summary>One tick of the replica. 100 ms suits a round trip of up to that time.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Ten heartbeats, so that a few lost ones do not start an election.</summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromMilliseconds(1000);

    /// <summary>Log entries between two snapshots: bounds the replay at start.</summary>
    public long SnapshotCount { get; init; } = 10_000;

    /// <summary>Log entries kept before a snapshot, so that a member that is a little late needs no snapshot.</summary>
    public int SnapshotCatchUpEntries { get; init; } = 5000;

    /// <summary>Size of the key space above which writes that grow it are refused.</summary>
    public long QuotaBackendBytes { get; init; } = 8L << 30;

    /// <summary>Members without a vote that may be added; each takes the leader's bandwidth and is no help to a majority.</summary>
    public int MaxLearners { get; init; } = 1;

    /// <summary>What <see cref="AutoCompactionRetention"/> counts: "periodic" or "revision".</summary>
    public string AutoCompactionMode { get; init; } = AutoCompaction.Periodic;

    /// <summary>How much history is kept, see <see cref="AutoCompaction"/>; "0": all, until somebody compacts.</summary>
    public string AutoCompactionRetention { get; init; } = "0";

    /// <summary>The largest command, in bytes of its log form: one write must not hold up everybody else's.</summary>
    public int MaxRequestBytes { get; init; } = 1_572_864;

    public int MaxTxnOps { get; init; } = 128;

    /// <summary>After this idle time a watch that asked for it is told how far it has seen.</summary>
    public TimeSpan WatchProgressNotifyInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Of a service's instances, in percent: how many may be turned critical or removed for want of a sign of life within half a minute.</summary>
    public int RegistryExpiryShare { get; init; } = Registry.Expiry.ExpiryRules.SharePercentDefault;

    /// <summary>Networks at private addresses that health checks may reach; others at public addresses are always allowed.</summary>
    public IReadOnlyList<System.Net.IPNetwork> CheckPrivateTargets { get; init; } = [];

    /// <summary>Hosts that an HTTP check may be redirected to.</summary>
    public IReadOnlyList<string> CheckRedirectHosts { get; init; } = [];

    /// <summary>Where to gossip with other servers and agents of hosts; null: not at all.</summary>
    public System.Net.IPEndPoint? GossipListen { get; init; }

    /// <summary>Where others reach that; null: as it is bound. Port 0: the one that is bound.</summary>
    public System.Net.IPEndPoint? GossipAdvertise { get; init; }

    /// <summary>Others to join, besides the members of the cluster, which find each other.</summary>
    public IReadOnlyList<Concord.Members.GossipSeed> GossipJoin { get; init; } = [];

    /// <summary>Its keyring; empty: nothing is encrypted.</summary>
    public string GossipKeyFile { get; init; } = "";

    public GossipProfile GossipProfile { get; init; }

    /// <summary>Where this member stands, for those who choose by it; empty: not said.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Further addresses that serve metrics and health, and nothing else.</summary>
    public IReadOnlyList<Uri> ListenMetricsUrls { get; init; } = [];

    /// <summary>"basic" or <see cref="ExtensiveMetrics"/>.</summary>
    public string Metrics { get; init; } = "basic";

    /// <summary>The OpenTelemetry collector that metrics, traces and messages are sent to; null: none.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary><see cref="OtlpOverGrpc"/> or <see cref="OtlpOverHttp"/>.</summary>
    public string OtlpProtocol { get; init; } = OtlpOverGrpc;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public LogFormat LogFormat { get; init; } = LogFormat.Text;

    /// <summary>Most calls that run at once on one connection; further ones wait at the client.</summary>
    public int MaxConcurrentStreams { get; init; } = 1_000_000;

    /// <summary>A connection that is silent this long is asked whether its client is still there.</summary>
    public TimeSpan GrpcKeepaliveInterval { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long the client may take to answer that before the connection is closed.</summary>
    public TimeSpan GrpcKeepaliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Settings that were given and have no effect, each with the reason.</summary>
    public IReadOnlyList<string> WithoutEffect { get; init; } = [];

    /// <summary>A server to try things with: temporary data unless <see cref="DataDir"/> is set, and demonstration content.</summary>
    public bool Dev { get; init; }
}

/// <summary>One entry of <c>--initial-cluster</c>.</summary>
public sealed record InitialMember(string Name, IReadOnlyList<Uri> PeerUrls);
