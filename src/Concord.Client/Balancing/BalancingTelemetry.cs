using System.Diagnostics.Metrics;

namespace Concord.Client.Balancing;

/// <summary>Counters of load balancing, on the client's meter.</summary>
internal static class BalancingTelemetry
{
    private static readonly Meter Meter = new(ClientTelemetry.Name);

    private static readonly Counter<long> Ejections = Meter.CreateCounter<long>(
        "concord.balancing.ejections", "{ejection}", "Endpoints that were left out because calls to them failed.");

    public static void Ejected(string service) => Ejections.Add(1, new KeyValuePair<string, object?>("concord.service", service));
}
