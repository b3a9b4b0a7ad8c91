using Concord.Client.Routing;
using Concord.Routing;

namespace Concord.Gateway.Proxying;

/// <summary>What keeps a request's sender with one share of a traffic split.</summary>
internal static class SplitKeyOf
{
    /// <summary>Null: chance decides; also for a request that has not what is asked for.</summary>
    /// <param name="service">Is part of the key, so that the same people are not the first to get every service's next version.</param>
    public static ulong? Request(HttpContext context, SplitKey key, string service)
    {
        var text = key.Kind switch
        {
            SplitKeyKind.Header => context.Request.Headers[key.Name].ToString(),
            SplitKeyKind.Cookie => context.Request.Cookies[key.Name],
            SplitKeyKind.Query => context.Request.Query[key.Name].ToString(),
            SplitKeyKind.Address => context.Connection.RemoteIpAddress?.ToString(),
            _ => null,
        };
        return SplitHash.Of(service, text);
    }
}
