using System.Text.Json.Serialization;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Views;

namespace Concord.Server.Registry.Rest;

internal sealed record EndpointBody(string Scheme, string Host, int Port, string? Name = null);

/// <param name="Kind">http, tcp, grpc or ttl.</param>
/// <param name="Target">URL, or host:port for tcp; without it the instance's endpoint.</param>
/// <param name="Path">Of http, at the instance's endpoint.</param>
/// <param name="GrpcService">That the gRPC health service is asked for.</param>
/// <param name="TtlSeconds">Of ttl: between two renewals at most.</param>
internal sealed record CheckBody(
    string Kind, string? Target = null, string? Path = null, string? GrpcService = null, int TtlSeconds = 0, int IntervalMs = 0, int TimeoutMs = 0,
    int SuccessesBeforePassing = 0, int FailuresBeforeCritical = 0)
{
    public static CheckBody? Of(HealthCheck? check) => check is null ? null : new(
        check.Kind.ToString().ToLowerInvariant(), check.Target.Length == 0 ? null : check.Target, null, check.GrpcService.Length == 0 ? null : check.GrpcService,
        check.TtlSeconds, check.IntervalMs, check.TimeoutMs, check.SuccessesBeforePassing, check.FailuresBeforeCritical);

    public HealthCheck ToModel(IReadOnlyList<InstanceEndpoint> endpoints) => HealthCheck.From(
        Kind switch
        {
            "http" => HealthCheckKind.Http,
            "tcp" => HealthCheckKind.Tcp,
            "grpc" => HealthCheckKind.Grpc,
            "ttl" => HealthCheckKind.Ttl,
            _ => throw new RegistryException(RegistryErrorCode.InvalidRequest, "The check does not say what is checked.", "check.kind", "Use http, tcp, grpc or ttl."),
        },
        Target ?? "", Path ?? "", GrpcService ?? "", TtlSeconds, IntervalMs, TimeoutMs, SuccessesBeforePassing, FailuresBeforeCritical, endpoints, "check");
}

/// <summary>What is registered under the service and id of the path.</summary>
/// <param name="TtlSeconds">Of an ephemeral instance: how long it lasts without a renewal.</param>
/// <param name="Generation">To take up an instance that was registered before.</param>
internal sealed record RegistrationBody(
    IReadOnlyList<EndpointBody>? Endpoints = null, string? Zone = null, string? Region = null, string? Version = null, int? Weight = null,
    IReadOnlyList<string>? Tags = null, IReadOnlyDictionary<string, string>? Metadata = null, string? State = null, string? Reason = null,
    bool Persistent = false, CheckBody? Check = null, int TtlSeconds = 0, long Generation = 0);

/// <param name="TtlSeconds">When the next renewal is due at the latest; 0: none is.</param>
internal sealed record RegisteredBody(long Generation, long Revision, int TtlSeconds);

internal sealed record RenewedBody(int TtlSeconds);

internal sealed record StateBody(string State, string? Reason = null, long Generation = 0);

internal sealed record MaintenanceBody(string? Reason = null, string? Author = null);

/// <param name="PanicPercent">Below this share of healthy instances, those who ask for healthy ones get all.</param>
internal sealed record ServiceSettingsBody(int PanicPercent);

/// <param name="Changed">False: it was so already.</param>
internal sealed record ChangedBody(bool Changed, long Revision);

internal sealed record ServiceInstanceBody(
    string Service, string Id, long Generation, IReadOnlyList<EndpointBody> Endpoints, string? Zone, string? Region, string? Version, int Weight, IReadOnlyList<string> Tags,
    IReadOnlyDictionary<string, string> Metadata, string State, string? Reason, bool Persistent, CheckBody? Check, long Revision, DateTimeOffset Registered,
    DateTimeOffset StateSince, bool Held, string? Node)
{
    public static ServiceInstanceBody Of(RegistryInstance one) => new(
        one.Service, one.Id, one.Record.Generation,
        [.. one.Record.Endpoints.Select(static endpoint => new EndpointBody(endpoint.Scheme, endpoint.Host, endpoint.Port, endpoint.Name))],
        NullIfEmpty(one.Record.Zone), NullIfEmpty(one.Record.Region), NullIfEmpty(one.Record.Version), one.Record.Weight, one.Record.Tags, one.Record.Metadata,
        one.State.Word(), NullIfEmpty(one.Reason), one.Record.Persistent, CheckBody.Of(one.Record.Check), one.Revision,
        DateTimeOffset.FromUnixTimeMilliseconds(one.Record.RegisteredUnixMs), DateTimeOffset.FromUnixTimeMilliseconds(one.Record.StateSinceUnixMs), one.IsHeld, one.Record.Node);

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

/// <param name="Held">Kept although they gave no sign of life.</param>
/// <param name="Panic">Too few are healthy: whoever asked for healthy ones got the critical ones too.</param>
internal sealed record ServiceBody(string Name, int Total, int Healthy, int Held, bool Panic, int PanicPercent, IReadOnlyList<string> Tags)
{
    public static ServiceBody Of(ServiceView view) => new(view.Name, view.Total, view.Healthy, view.Held, view.IsPanic, view.PanicPercent, view.Tags);
}

internal sealed record ServiceList(IReadOnlyList<ServiceBody> Services, long Revision);

/// <param name="Revision">To wait from (?since=).</param>
internal sealed record ServiceInstancesBody(IReadOnlyList<ServiceInstanceBody> Instances, IReadOnlyList<ServiceBody> Services, long Revision)
{
    public static ServiceInstancesBody Of(ResolvedInstances found, long revision) =>
        new([.. found.Instances.Select(ServiceInstanceBody.Of)], [.. found.Services.Select(ServiceBody.Of)], revision);
}

/// <summary>One group of Prometheus' HTTP service discovery.</summary>
internal sealed record PrometheusTargets(IReadOnlyList<string> Targets, IReadOnlyDictionary<string, string> Labels);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RegistrationBody))]
[JsonSerializable(typeof(RegisteredBody))]
[JsonSerializable(typeof(RenewedBody))]
[JsonSerializable(typeof(StateBody))]
[JsonSerializable(typeof(MaintenanceBody))]
[JsonSerializable(typeof(ServiceSettingsBody))]
[JsonSerializable(typeof(ChangedBody))]
[JsonSerializable(typeof(ServiceInstanceBody))]
[JsonSerializable(typeof(ServiceList))]
[JsonSerializable(typeof(ServiceInstancesBody))]
[JsonSerializable(typeof(IReadOnlyList<PrometheusTargets>))]
[JsonSerializable(typeof(long?))]
[JsonSerializable(typeof(bool?))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class RegistryRestJson : JsonSerializerContext;
