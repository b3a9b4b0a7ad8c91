using System.Diagnostics.Metrics;

namespace Concord.Client.Balancing;

/// <summary>Counters of load balancing, on the client's meter.</summary>
internal static class BalancingTelemetry
{
    private static readonly Meter Meter = new(ClientTelemetry.Name);

    private static readonly Counter<long> Ejections = Meter.CreateCounter<long>(
        "concord.balancing.ejections", "{ejection}", "Endpoints that were left out because calls to them failed.");

    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>(
        "concord.balancing.retries.refused", "{attempt}", "Retries and hedges that the retry budget did not allow.");

    public static void Ejected(string service) => Ejections.Add(1, new KeyValuePair<string, object?>("concord.service", service));

    public static void Refused(string service) => Refusals.Add(1, new KeyValuePair<string, object?>("concord.service", service));
}
