using System.Text.Json.Serialization;
using Concord.Checks;

namespace Concord.Server.Registry.Model;

internal enum HealthCheckKind
{
    Http = 1,
    Tcp = 2,
    Grpc = 3,
    Ttl = 4,
}

/// <summary>How it is looked how a persistent instance does.</summary>
/// <param name="Target">An absolute URL, or host:port for TCP; resolved from the endpoints when it was registered. Empty for TTL.</param>
/// <param name="GrpcService">The name that the gRPC health service is asked for.</param>
/// <param name="TtlSeconds">For TTL: between two renewals at most.</param>
internal sealed record HealthCheck(
    HealthCheckKind Kind, string Target, string GrpcService, int TtlSeconds, int IntervalMs, int TimeoutMs, int SuccessesBeforePassing, int FailuresBeforeCritical)
{
    /// <summary>For those that look; null where the instance itself has to say so.</summary>
    [JsonIgnore]
    public CheckSpec? Spec => Kind == HealthCheckKind.Ttl ? null
        : new((CheckKind)Kind, Target, GrpcService, IntervalMs, TimeoutMs, SuccessesBeforePassing, FailuresBeforeCritical);

    public static HealthCheck From(
        HealthCheckKind kind, string target, string path, string grpcService, int ttlSeconds, int intervalMs, int timeoutMs, int successes, int failures,
        IReadOnlyList<InstanceEndpoint> endpoints, string field)
    {
        var resolved = kind == HealthCheckKind.Ttl ? "" : TargetOf(kind, target, path, endpoints, field);
        if (kind == HealthCheckKind.Ttl && ttlSeconds == 0)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, "The time between renewals is missing.", $"{field}.ttl.seconds", $"Give {RegistryLimits.TtlSecondsMin} to {RegistryLimits.TtlSecondsMax} seconds.");
        }

        return new(
            kind, resolved,
            RegistryNames.Text(grpcService, RegistryLimits.HostCharacters, $"{field}.grpc.service"),
            RegistryNames.Number(ttlSeconds, RegistryLimits.TtlSecondsMin, RegistryLimits.TtlSecondsMax, 0, $"{field}.ttl.seconds"),
            RegistryNames.Number(intervalMs, RegistryLimits.CheckIntervalMsMin, RegistryLimits.CheckIntervalMsMax, RegistryLimits.CheckIntervalMsDefault, $"{field}.interval_ms"),
            RegistryNames.Number(timeoutMs, RegistryLimits.CheckTimeoutMsMin, RegistryLimits.CheckTimeoutMsMax, RegistryLimits.CheckTimeoutMsDefault, $"{field}.timeout_ms"),
            RegistryNames.Number(successes, 1, RegistryLimits.ThresholdMax, RegistryLimits.SuccessesBeforePassingDefault, $"{field}.successes_before_passing"),
            RegistryNames.Number(failures, 1, RegistryLimits.ThresholdMax, RegistryLimits.FailuresBeforeCriticalDefault, $"{field}.failures_before_critical"));
    }

    private static string TargetOf(HealthCheckKind kind, string target, string path, IReadOnlyList<InstanceEndpoint> endpoints, string field)
    {
        var word = kind switch { HealthCheckKind.Http => "http.url", HealthCheckKind.Grpc => "grpc.url", _ => "tcp.address" };
        if (target.Length > RegistryLimits.UrlCharacters)
        {
            throw new RegistryException(RegistryErrorCode.TooLarge, $"The target of the check has {target.Length} characters; at most {RegistryLimits.UrlCharacters} are allowed.", $"{field}.{word}", "Shorten it.");
        }

        if (kind == HealthCheckKind.Tcp)
        {
            var address = target.Length > 0 ? target : First(endpoints, static _ => true, field).Authority;
            return Uri.TryCreate($"tcp://{address}", UriKind.Absolute, out var parsed) && parsed is { Port: > 0, PathAndQuery: "/" or "", UserInfo: "" }
                ? address
                : throw new RegistryException(RegistryErrorCode.InvalidRequest, $"'{target}' is no address to connect to.", $"{field}.{word}", "Write it as host:port.");
        }

        var text = target;
        if (text.Length == 0)
        {
            var endpoint = First(endpoints, kind == HealthCheckKind.Http ? static one => one.Scheme is "http" or "https" : static _ => true, field);
            text = $"{(endpoint.Scheme is "https" or "grpcs" ? "https" : "http")}://{endpoint.Authority}{(path.Length == 0 || path[0] == '/' ? path : "/" + path)}";
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
            ? url.AbsoluteUri
            : throw new RegistryException(RegistryErrorCode.InvalidRequest, $"'{text}' is no address to ask.", $"{field}.{word}", "Write it as http://host:port/path, without a user.");
    }

    private static InstanceEndpoint First(IReadOnlyList<InstanceEndpoint> endpoints, Func<InstanceEndpoint, bool> fits, string field) => endpoints.FirstOrDefault(fits)
        ?? throw new RegistryException(RegistryErrorCode.InvalidRequest, "The check names no target, and no endpoint fits.", field, "Give the check its URL or address, or the instance an endpoint.");
}
