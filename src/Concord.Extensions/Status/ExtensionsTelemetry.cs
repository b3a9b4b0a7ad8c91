using System.Diagnostics.Metrics;
using Concord.Client;
using Concord.Extensions.Following;

namespace Concord.Extensions.Status;

/// <summary>Gauges over the active followers, on the client's meter name.</summary>
internal static class ExtensionsTelemetry
{
    private static readonly Meter Meter = new(ClientTelemetry.Name);

    private static readonly ObservableGauge<long> Release = Meter.CreateObservableGauge(
        "concord.config.release", () => Measure(follower => follower.Current?.Release ?? 0), "{release}",
        "The release in use.");

    private static readonly ObservableGauge<long> Connected = Meter.CreateObservableGauge(
        "concord.config.connected", () => Measure(follower => follower.State.Connected ? 1 : 0), "{connection}",
        "1 while changes arrive as they happen.");

    /// <summary>Creates the instruments; a static field alone is only initialised when it is touched.</summary>
    public static void Start() => _ = (Release, Connected);

    private static IEnumerable<Measurement<long>> Measure(Func<ConfigFollower, long> value) =>
        FollowerPool.All.Select(follower => new Measurement<long>(
            value(follower),
            new KeyValuePair<string, object?>("concord.application", follower.Settings.View.Application),
            new KeyValuePair<string, object?>("concord.environment", follower.Settings.View.Environment)));
}
