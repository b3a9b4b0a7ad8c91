using System.Diagnostics.Metrics;
using Concord.Server.Registry.Push;

namespace Concord.Server.Telemetry;

/// <summary>What the service registry does, under names of Concord's own.</summary>
internal static class RegistryInstruments
{
    public static void Add(Meter meter, RegistryHub hub)
    {
        meter.CreateObservableGauge("concord_registry_followers", () => (long)hub.FollowerCount, description: "Calls that follow instances of services at this member.");
        meter.CreateObservableGauge("concord_registry_views", () => (long)hub.ViewCount, description: "Different filters among them: what a change costs.");
    }
}
