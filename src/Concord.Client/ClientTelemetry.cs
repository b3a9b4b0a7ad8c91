using System.Diagnostics;
using System.Diagnostics.Metrics;
using Concord.Client.Configs;

namespace Concord.Client;

/// <summary>The meter and the activity source, both named "Concord"; names and units follow OpenTelemetry's habits.</summary>
public static class ClientTelemetry
{
    /// <summary>The name to give to <c>AddMeter</c> and <c>AddSource</c>.</summary>
    public const string Name = "Concord";

    internal static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Releases = Meter.CreateCounter<long>(
        "concord.config.releases", "{release}", "Releases that this process applied or rejected.");

    private static readonly Counter<long> StreamsLost = Meter.CreateCounter<long>(
        "concord.config.streams.lost", "{stream}", "Configuration streams that ended or could not be opened.");

    internal static void Settled(ConfigurationView view, string outcome) => Releases.Add(
        1,
        new("concord.application", view.Application),
        new("concord.environment", view.Environment),
        new("concord.outcome", outcome));

    internal static void StreamLost() => StreamsLost.Add(1);
}
