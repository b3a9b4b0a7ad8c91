using System.Diagnostics.Metrics;
using Concord.Server.Registry;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Push;

namespace Concord.Server.Telemetry;

/// <summary>What the service registry does, under names of Concord's own.</summary>
internal static class RegistryInstruments
{
    /// <summary>What a look can find.</summary>
    private static readonly InstanceState[] Found = [InstanceState.Passing, InstanceState.Warning, InstanceState.Critical];

    private static readonly HealthCheckKind[] Kinds = Enum.GetValues<HealthCheckKind>();

    public static void Add(Meter meter, RegistryHub hub, RegistryMetrics metrics)
    {
        meter.CreateObservableGauge("concord_registry_followers", () => (long)hub.FollowerCount, description: "Calls that follow instances of services at this member.");
        meter.CreateObservableGauge("concord_registry_views", () => (long)hub.ViewCount, description: "Different filters among them: what a change costs.");
        meter.CreateObservableGauge(
            "concord_registry_instances",
            () => Enum.GetValues<InstanceState>().Select(state => new Measurement<long>(metrics.Count().ByState[(int)state], new KeyValuePair<string, object?>("state", state.Word()))),
            description: "Instances of all services, by state; the same on every member that is not behind.");
        meter.CreateObservableGauge(
            "concord_registry_instances_held", () => metrics.Count().Held, description: "Instances that gave no sign of life and are kept in their state, because too many of their service did the same.");
        meter.CreateObservableCounter(
            "concord_registry_expired_total",
            () => new Measurement<long>[]
            {
                new(metrics.ExpiredCritical, new KeyValuePair<string, object?>("outcome", "critical")),
                new(metrics.ExpiredRemoved, new KeyValuePair<string, object?>("outcome", "removed")),
            },
            description: "Instances that were turned critical or removed because their time to live was over or their host died. Only the leader does.");
        ByCheck("concord_registry_checks_total", "result", "Health checks that this member made, by kind and by what they found.", metrics.Looks);
        ByCheck("concord_registry_check_transitions_total", "state", "Instances whose state the health checks of this member changed, by kind and new state.", metrics.Transitions);

        void ByCheck(string name, string label, string text, Func<HealthCheckKind, InstanceState, long> value) => meter.CreateObservableCounter(
            name,
            () => Kinds.Where(static kind => kind != HealthCheckKind.Ttl).SelectMany(kind => Found.Select(found => new Measurement<long>(
                value(kind, found), new KeyValuePair<string, object?>("type", Word(kind)), new KeyValuePair<string, object?>(label, found.Word())))),
            description: text);
    }

    private static string Word(HealthCheckKind kind) => kind.ToString().ToLowerInvariant();
}
