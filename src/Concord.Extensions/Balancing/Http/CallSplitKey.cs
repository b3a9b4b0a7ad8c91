using Concord.Client.Balancing;
using Concord.Client.Routing;
using Concord.Routing;

namespace Concord.Extensions.Balancing.Http;

/// <summary>What keeps a call with one share of a traffic split, taken from the request as the receiver will see it.</summary>
internal static class CallSplitKey
{
    /// <summary>Null: chance decides. Also where the split is by address: the receiver's view of this process is one address for all calls, or none.</summary>
    public static ulong? Of(HttpRequestMessage? request, EndpointPool pool)
    {
        if (request is null || pool.Routing is not RuleRouting { SplitBy: { Kind: not SplitKeyKind.Random } by })
            return null;
        var text = by.Kind switch
        {
            SplitKeyKind.Header => Header(request, by.Name),
            SplitKeyKind.Cookie => Pair(Header(request, "Cookie"), "; ", by.Name),
            SplitKeyKind.Query => Pair(request.RequestUri?.Query.TrimStart('?').Replace('+', ' '), "&", by.Name),
            _ => null,
        };
        return SplitHash.Of(pool.Service, text);
    }

    private static string? Header(HttpRequestMessage request, string name) =>
        request.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    /// <summary>The first one of this name among NAME=VALUE pairs.</summary>
    private static string? Pair(string? text, string between, string name)
    {
        foreach (var pair in text?.Split(between) ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && Uri.UnescapeDataString(pair[..equals]) == name)
                return Uri.UnescapeDataString(pair[(equals + 1)..]);
        }

        return null;
    }
}
