using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Concord.Extensions.Status;

/// <summary>
/// Healthy: connected and running the newest release. Degraded (or what the registration says): the service works with
/// what it has, but is cut off or has rejected the newest release. Never unhealthy by itself: taking a service out of
/// rotation because its configuration cannot change would turn a small outage into a big one.
/// </summary>
internal sealed class ConcordHealthCheck(ConcordStatus status) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var views = status.Views;
        var data = new Dictionary<string, object>();
        foreach (var view in views)
            Describe(view, views.Count == 1 ? "" : $"{view.View}: ", data);
        var faults = views.Where(view => !view.IsHealthy).Select(FaultOf).ToList();
        var result = faults.Count == 0
            ? HealthCheckResult.Healthy(views.Count == 0 ? "No configuration source is active." : null, data)
            : new HealthCheckResult(context.Registration.FailureStatus, string.Join(" ", faults), data: data);
        return Task.FromResult(result);
    }

    private static void Describe(ConcordViewStatus view, string prefix, Dictionary<string, object> data)
    {
        data[prefix + "view"] = view.View;
        data[prefix + "release"] = view.Release;
        data[prefix + "connected"] = view.Connected;
        data[prefix + "since"] = view.Since;
        data[prefix + "fromFile"] = view.FromFile;
        if (view.Endpoint is { } endpoint)
            data[prefix + "endpoint"] = endpoint;
        if (!view.Connected && view.LastError is { } error)
            data[prefix + "lastError"] = error;
        if (view.RejectedReason is { } reason)
        {
            data[prefix + "rejectedRelease"] = view.RejectedRelease;
            data[prefix + "rejectedReason"] = reason;
        }
    }

    private static string FaultOf(ConcordViewStatus view)
    {
        if (view.RejectedReason is { } reason)
            return $"{view.View} keeps release {view.Release}, release {view.RejectedRelease} was rejected: {reason}";
        var source = view.FromFile ? "the last known good file" : "what was received before";
        return $"{view.View} runs release {view.Release} from {source}, no server since {view.Since:O}: {view.LastError}";
    }
}
