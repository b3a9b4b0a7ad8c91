using System.Net;
using Concord.Gateway.Backends;
using Concord.Routing.Gateway;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Concord.Gateway.Routes;

/// <summary>Routes in the proxy's words.</summary>
internal static class RouteTranslation
{
    public static RouteConfig RouteOf(GatewayRoute route) => new()
    {
        RouteId = route.Name,
        ClusterId = BackendKey.Of(route).Id,
        Order = route.Order,
        Timeout = route.Timeout,
        Match = new()
        {
            Path = route.Match.Path.Length > 0 ? route.Match.Path : null,
            Hosts = route.Match.Hosts.Count > 0 ? route.Match.Hosts : null,
            Methods = route.Match.Methods.Count > 0 ? route.Match.Methods : null,
            Headers = route.Match.Headers.Count > 0 ? [.. route.Match.Headers.Select(HeaderOf)] : null,
        },
        Transforms = [.. TransformsOf(route)],
    };

    /// <summary>A cluster without destinations: each request brings the one that its backend chose.</summary>
    public static ClusterConfig ClusterOf(BackendKey key) => new()
    {
        ClusterId = key.Id,
        HttpRequest = key.Protocol == GatewayProtocol.Grpc
            ? new ForwarderRequestConfig { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact }
            : new ForwarderRequestConfig { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower },
    };

    private static RouteHeader HeaderOf(KeyValuePair<string, IReadOnlyList<string>> header) => header.Value.Contains("*")
        ? new() { Name = header.Key, Mode = HeaderMatchMode.Exists }
        : new() { Name = header.Key, Mode = HeaderMatchMode.ExactHeader, Values = header.Value, IsCaseSensitive = true };

    private static IEnumerable<Dictionary<string, string>> TransformsOf(GatewayRoute route)
    {
        if (route.StripPrefix.Length > 0)
            yield return new() { ["PathRemovePrefix"] = route.StripPrefix };
        if (route.AddPrefix.Length > 0)
            yield return new() { ["PathPrefix"] = route.AddPrefix };
        foreach (var (header, value) in route.SetHeaders)
            yield return value.Length > 0 ? new() { ["RequestHeader"] = header, ["Set"] = value } : new() { ["RequestHeaderRemove"] = header };
    }
}
