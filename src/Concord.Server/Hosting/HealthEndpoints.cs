using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Concord.Server.Telemetry;

namespace Concord.Server.Hosting;

/// <summary>
/// The plain HTTP answers that load balancers, kubelets and etcd's tools ask for, with etcd's bodies and status codes.
/// </summary>
/// <remarks>
/// <c>/livez</c> asks whether this process should be restarted: only what it can tell by itself counts. <c>/readyz</c> asks
/// whether clients should be sent here: a majority has to answer. <c>/health</c> is the older of the three and also says no when
/// writes are refused for want of room.
/// </remarks>
internal sealed class HealthEndpoints(ReplicaHealthCheck health, HealthCounts counts)
{
    private const string PlainText = "text/plain; charset=utf-8";

    private const string Livez = "livez";
    private const string Readyz = "readyz";

    private delegate Task<string?> Check(CancellationToken cancellation);

    /// <summary>Everything but the version is served on the port for metrics too.</summary>
    public static void Map(WebApplication app)
    {
        var endpoints = app.Services.GetRequiredService<HealthEndpoints>();
        app.Map("/health", Get(endpoints.AnswerHealthAsync)).WithMetadata(OperatorPort.Served);
        endpoints.MapChecks(app, Livez, [("serializable_read", endpoints.ReadLocallyAsync)]);
        endpoints.MapChecks(app, Readyz,
        [
            ("data_corruption", endpoints.IsNotCorruptAsync),
            ("linearizable_read", endpoints.ReadLinearizablyAsync),
            ("non_learner", endpoints.IsVoterAsync),
            ("serializable_read", endpoints.ReadLocallyAsync),
        ]);
        app.Map("/version", Get(AnswerVersionAsync));
    }

    /// <summary>For GET alone: HEAD would cost a check and say nothing.</summary>
    public static RequestDelegate Get(RequestDelegate answer) => context =>
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            return answer(context);
        }

        context.Response.Headers.Allow = HttpMethods.Get;
        return WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed\n");
    };

    private static Task AnswerVersionAsync(HttpContext context) =>
        context.Response.WriteAsJsonAsync(ServerVersion.Answer, HealthJson.Default.VersionAnswer, "application/json", context.RequestAborted);

    private static Task WriteAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = PlainText;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync(text, Encoding.UTF8, context.RequestAborted);
    }

    private void MapChecks(WebApplication app, string type, (string Name, Check Check)[] checks)
    {
        app.Map($"/{type}", Get(context =>
        {
            var excluded = context.Request.Query["exclude"];
            return AnswerChecksAsync(context, type, checks.Where(check => !excluded.Contains(check.Name)));
        })).WithMetadata(OperatorPort.Served);
        foreach (var check in checks)
        {
            app.Map($"/{type}/{check.Name}", Get(context => AnswerChecksAsync(context, type, [check]))).WithMetadata(OperatorPort.Served);
        }
    }

    private async Task AnswerChecksAsync(HttpContext context, string type, IEnumerable<(string Name, Check Check)> checks)
    {
        var lines = new StringBuilder();
        var isWell = true;
        foreach (var (name, check) in checks)
        {
            var reason = await check(context.RequestAborted);
            counts.Passed(type, name, reason is null);
            isWell &= reason is null;
            lines.Append(reason is null ? $"[+]{name} ok\n" : $"[-]{name} failed: {reason}\n");
        }

        if (!isWell)
        {
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, lines.Append('\n').ToString());
            return;
        }

        await WriteAsync(context, StatusCodes.Status200OK, (context.Request.Query.ContainsKey("verbose") ? lines.ToString() : "") + "ok\n");
    }

    private async Task AnswerHealthAsync(HttpContext context)
    {
        var isLocal = context.Request.Query["serializable"].FirstOrDefault() == "true";
        var excluded = context.Request.Query["exclude"];
        var reason = health.IsCorrupt && !excluded.Contains(ReplicaHealthCheck.Corrupt) ? $"ALARM {ReplicaHealthCheck.Corrupt}"
            : health.IsOutOfSpace && !excluded.Contains(ReplicaHealthCheck.NoSpace) ? $"ALARM {ReplicaHealthCheck.NoSpace}"
            : !isLocal && !health.HasLeader ? "RAFT NO LEADER"
            : await (isLocal ? ReadLocallyAsync(context.RequestAborted) : ReadLinearizablyAsync(context.RequestAborted)) is { } error ? $"RANGE ERROR:{error}"
            : null;
        counts.Health(reason is null);
        var text = JsonSerializer.Serialize(new HealthAnswer(reason is null ? "true" : "false", reason ?? ""), HealthJson.Default.HealthAnswer);
        await (reason is null
            ? WriteAsync(context, StatusCodes.Status200OK, text)
            : WriteAsync(context, StatusCodes.Status503ServiceUnavailable, text + "\n"));
    }

    private Task<string?> ReadLocallyAsync(CancellationToken cancellation) => Task.FromResult(health.ReadLocally());

    private Task<string?> ReadLinearizablyAsync(CancellationToken cancellation) => health.ReadLinearizablyAsync(cancellation);

    private Task<string?> IsNotCorruptAsync(CancellationToken cancellation) =>
        Task.FromResult(health.IsCorrupt ? $"alarm activated: {ReplicaHealthCheck.Corrupt}" : null);

    private Task<string?> IsVoterAsync(CancellationToken cancellation) => Task.FromResult(health.IsLearner ? "not supported for learner" : null);
}

/// <param name="Health">A string, as etcd's clients expect.</param>
internal sealed record HealthAnswer(
    [property: JsonPropertyName("health")] string Health,
    [property: JsonPropertyName("reason")] string Reason);

/// <param name="Storage">Which etcd reads a snapshot from here.</param>
internal sealed record VersionAnswer(
    [property: JsonPropertyName("etcdserver")] string EtcdServer,
    [property: JsonPropertyName("etcdcluster")] string EtcdCluster,
    [property: JsonPropertyName("storage")] string Storage,
    [property: JsonPropertyName("concord")] string Concord);

[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(VersionAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
