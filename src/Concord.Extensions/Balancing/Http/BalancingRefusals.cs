using System.Diagnostics.Metrics;
using Concord.Client;

namespace Concord.Extensions.Balancing.Http;

/// <summary>Counts attempts that the budget did not allow.</summary>
internal static class BalancingRefusals
{
    private static readonly Meter Meter = new(ClientTelemetry.Name);

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "concord.balancing.retries.refused", "{attempt}", "Retries and hedges that the retry budget did not allow.");

    public static void Add(string service) => Refused.Add(1, new KeyValuePair<string, object?>("concord.service", service));
}
