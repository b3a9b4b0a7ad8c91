using Concord.Server.Registry.Model;
using Concord.Server.Registry.Views;

namespace Concord.Server.Registry.Rest;

/// <summary>Instances as Prometheus' HTTP service discovery reads them (https://prometheus.io/docs/prometheus/latest/http_sd/).</summary>
internal static class PrometheusDiscovery
{
    private const string MetricsEndpoint = "metrics";

    private const string Prefix = "__meta_concord_";

    /// <summary>Critical instances are targets too: whether one can be scraped is Prometheus' own to find out.</summary>
    public static IReadOnlyList<PrometheusTargets> Of(ResolvedInstances found) =>
    [
        .. found.Instances
            .Where(static one => one.State != InstanceState.Maintenance && one.Record.Endpoints.Count > 0)
            .Select(static one => Target(one, one.Record.Endpoints.FirstOrDefault(static endpoint => endpoint.Name == MetricsEndpoint) ?? one.Record.Endpoints[0])),
    ];

    private static PrometheusTargets Target(RegistryInstance one, InstanceEndpoint endpoint)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [Prefix + "service"] = one.Service,
            [Prefix + "instance"] = one.Id,
            [Prefix + "state"] = one.State.Word(),
            [Prefix + "scheme"] = endpoint.Scheme,
            [Prefix + "zone"] = one.Record.Zone,
            [Prefix + "region"] = one.Record.Region,
            [Prefix + "version"] = one.Record.Version,

            // With a separator at both ends, so that one tag can be matched without matching part of another.
            [Prefix + "tags"] = one.Record.Tags.Count == 0 ? "" : $",{string.Join(',', one.Record.Tags)},",
        };
        foreach (var (key, value) in one.Record.Metadata)
        {
            labels[$"{Prefix}metadata_{string.Concat(key.Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '_'))}"] = value;
        }

        return new([endpoint.Authority], labels);
    }
}
