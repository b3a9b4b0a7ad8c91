namespace Concord.Server.Cluster;

/// <summary>
/// Flags of etcd that this server has no use for. Those whose absence nobody notices are taken with a warning, so that a unit file
/// or a manifest need not be rewritten; those that ask for something that would be missed are refused with the way to get it.
/// </summary>
internal static class EtcdFlags
{
    private const string OneDirectory = "log and snapshots lie together in --data-dir; put that on the fastest disk";
    private const string NoBackend = "there is no backend file whose transactions could be batched: the key space is in memory, and the log is flushed per group of writes";
    private const string NoDiscovery = "this server does not ask a discovery service; name the members in --initial-cluster";
    private const string NoProxy = "there is no proxy mode; clients take several endpoints, and every member answers every call";
    private const string Logging = "messages go to the console; see --log-level and --log-format, and --otlp-endpoint for a collector";
    private const string AlwaysChecked = "members compare their states regularly, always";

    private const string LeasesRenewed = "a new leader gives every lease its full time again, so none ends early";

    public static IReadOnlyList<ServerFlag> All { get; } =
    [
        Ignored("logger", "zap", Logging),
        Ignored("log-outputs", "OUTPUT,…", Logging),
        Ignored("log-package-levels", "LEVELS", Logging),
        Ignored("log-rotation-config-json", "JSON", Logging),
        Ignored("enable-log-rotation", "", Logging),
        Ignored("debug", "", "write --log-level debug"),
        Ignored("max-wals", "N", "segments of the log go when no snapshot and no member needs them"),
        Ignored("max-snapshots", "N", "two snapshots are kept, the newest and the one before"),
        Ignored("backend-batch-interval", "TIME", NoBackend),
        Ignored("backend-batch-limit", "N", NoBackend),
        Ignored("backend-bbolt-freelist-type", "TYPE", NoBackend),
        Ignored("experimental-backend-bbolt-freelist-type", "TYPE", NoBackend),
        Ignored("compaction-batch-limit", "N", "compaction goes on in small steps between writes, as load allows"),
        Ignored("experimental-compaction-batch-limit", "N", "compaction goes on in small steps between writes, as load allows"),
        Ignored("bootstrap-defrag-threshold-megabytes", "N", "there is nothing to defragment"),
        Ignored("corrupt-check-time", "TIME", AlwaysChecked),
        Ignored("experimental-corrupt-check-time", "TIME", AlwaysChecked),
        Ignored("experimental-initial-corrupt-check", "", AlwaysChecked),
        Ignored("experimental-compact-hash-check-enabled", "", AlwaysChecked),
        Ignored("experimental-enable-lease-checkpoint", "", LeasesRenewed),
        Ignored("experimental-enable-lease-checkpoint-persist", "", LeasesRenewed),
        Ignored("warning-apply-duration", "TIME", "applies over 100 ms are counted: etcd_server_slow_apply_total"),
        Ignored("experimental-warning-apply-duration", "TIME", "applies over 100 ms are counted: etcd_server_slow_apply_total"),
        Ignored("warning-unary-request-duration", "TIME", "see --metrics extensive for how long calls take"),
        Ignored("memory-mlock", "", "keep the host from swapping instead"),
        Ignored("experimental-memory-mlock", "", "keep the host from swapping instead"),
        Ignored("socket-reuse-port", "", "a port has one server"),
        Ignored("socket-reuse-address", "", "addresses are reused, always"),
        Ignored("initial-election-tick-advance", "", "a member that starts alone stands for election soon, always"),
        Ignored("grpc-keepalive-min-time", "TIME", "clients may ask as often as they like; the frames of a connection are bounded by the web server"),
        Ignored("feature-gates", "GATE,…", "there are none"),
        Ignored("v2-deprecation", "STATE", "there is no v2 API"),
        Fixed("pre-vote", "true", "a member that was cut off would depose a healthy leader"),
        Fixed("strict-reconfig-check", "true", "a change of members that would lose the quorum is refused, always"),
        Fixed("enable-v2", "false", "the v2 API does not exist here; clients of it need etcd 3.5 or older"),
        Fixed("enable-pprof", "false", "profile with dotnet-trace and dotnet-counters, which need no flag; metrics are at /metrics"),
        Refused("wal-dir", "DIRECTORY", OneDirectory),
        Refused("discovery", "URL", NoDiscovery),
        Refused("discovery-srv", "DOMAIN", NoDiscovery),
        Refused("discovery-srv-name", "NAME", NoDiscovery),
        Refused("discovery-endpoints", "URL,…", NoDiscovery),
        Refused("discovery-token", "TOKEN", NoDiscovery),
        Refused("proxy", "MODE", NoProxy),
        Refused("cors", "ORIGIN,…", "browsers of other origins are not let in; put a gateway before the server that adds the headers"),
        Refused("host-whitelist", "HOST,…", "host names are not checked; use TLS with --client-cert-auth, or listen on an inner address"),
        Refused("client-cert-file", "FILE", "a member presents --peer-cert-file to the others, and makes no client connections"),
        Refused("client-key-file", "FILE", "a member presents --peer-cert-file to the others, and makes no client connections"),
        Refused("listen-client-http-urls", "URL,…", "gRPC and HTTP share the addresses of --listen-client-urls"),
    ];

    private static ServerFlag Ignored(string name, string hint, string reason) => new(
        name, hint, "", static _ => "",
        (ref options, _) =>
        {
            options = options with { WithoutEffect = [.. options.WithoutEffect, $"--{name} has no effect: {reason}"] };
            return null;
        })
    { IsHidden = true };

    /// <summary>One value is how things are here, the other cannot be had.</summary>
    private static ServerFlag Fixed(string name, string value, string reason) => new(
        name, "", "", static _ => "",
        (ref _, text) => text == value ? null : $"'{text}' is not possible, it is always {value}: {reason}")
    { IsHidden = true };

    private static ServerFlag Refused(string name, string hint, string remedy) => new(
        name, hint, "", static _ => "", (ref _, text) => text.Length == 0 ? null : $"there is no such setting: {remedy}")
    { IsHidden = true };
}
