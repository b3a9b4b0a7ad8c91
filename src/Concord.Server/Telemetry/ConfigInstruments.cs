using System.Diagnostics.Metrics;
using Concord.Server.Configs;
using Concord.Server.Configs.Push;
using Concord.Server.Replica;

namespace Concord.Server.Telemetry;

/// <summary>What the configuration centre does, under names of Concord's own.</summary>
internal static class ConfigInstruments
{
    public static void Add(Meter meter, ConfigHub hub, ConfigStore store)
    {
        meter.CreateObservableGauge("concord_config_connections", () => (long)hub.ConnectionCount, description: "Streams that follow configurations at this member.");
        meter.CreateObservableGauge("concord_config_subscriptions", () => (long)hub.SubscriptionCount, description: "Configurations that those streams follow.");
        meter.CreateObservableGauge("concord_config_views", () => (long)hub.ViewCount, description: "Different ones among them: what a change costs.");
        meter.CreateObservableCounter("concord_config_releases_total", () => store.State().LastRelease().Number, description: "Releases that were ever made in this cluster.");
        meter.CreateObservableCounter("concord_config_pushes_total", () => hub.Pushes.Changes, description: "Changes that were handed to followers' connections.");
        meter.CreateObservableCounter("concord_config_applied_total", () => hub.Pushes.Applied, description: "Times that an instance said it runs with what it got.");
        meter.CreateObservableCounter("concord_config_rejected_total", () => hub.Pushes.Rejected, description: "Times that an instance said it cannot run with what it got.");
        hub.Pushes.Latency = meter.CreateHistogram(
            "concord_config_push_duration_seconds", "s", "From the moment that this member has applied a change until a follower's connection has taken it.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = ReplicaMetrics.Buckets(0.0005, 15) });
    }
}
