using System.Text.Json.Serialization;
using Concord.Server.Replica;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Concord.Server.Hosting;

/// <summary>Can this server do its work? The one answer behind <c>/health</c> and the gRPC health service.</summary>
internal sealed class ReplicaHealthCheck(LocalReplica replica) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Reason(replica) is { } reason ? HealthCheckResult.Unhealthy(reason) : HealthCheckResult.Healthy());

    /// <summary>Why not, or null.</summary>
    public static string? Reason(LocalReplica replica) =>
        replica.Failure.IsCompleted ? "the replica has stopped"
        : replica.Status.LeaderId == 0 ? "there is no leader"
        : replica.IsDiskFull ? "the disk is full: writes are refused, reads go on"
        : replica.IsOverQuota ? "the key space has reached its quota: writes that grow it are refused"
        : null;
}

/// <summary>The plain HTTP answers that load balancers and etcd's tools ask for.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this WebApplication app)
    {
        app.Map("/health", (RequestDelegate)AnswerHealthAsync);
        app.Map("/version", (RequestDelegate)AnswerVersionAsync);
    }

    private static Task AnswerHealthAsync(HttpContext context)
    {
        var reason = ReplicaHealthCheck.Reason(context.RequestServices.GetRequiredService<LocalReplica>());
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        var health = new HealthAnswer(reason is null ? "true" : "false", reason ?? "");
        return context.Response.WriteAsJsonAsync(health, HealthJson.Default.HealthAnswer, cancellationToken: context.RequestAborted);
    }

    private static Task AnswerVersionAsync(HttpContext context) =>
        context.Response.WriteAsJsonAsync(ServerVersion.Answer, HealthJson.Default.VersionAnswer, cancellationToken: context.RequestAborted);
}

/// <param name="Health">A string, as etcd's clients expect.</param>
internal sealed record HealthAnswer(
    [property: JsonPropertyName("health")] string Health,
    [property: JsonPropertyName("reason")] string Reason);

internal sealed record VersionAnswer(
    [property: JsonPropertyName("etcdserver")] string EtcdServer,
    [property: JsonPropertyName("etcdcluster")] string EtcdCluster,
    [property: JsonPropertyName("concord")] string Concord);

[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(VersionAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
