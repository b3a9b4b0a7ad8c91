using Concord.Client.Balancing;

namespace Concord.Extensions.Balancing.Http;

/// <summary>What a request can say, and be asked, about its instance.</summary>
public static class BalancedRequests
{
    private static readonly HttpRequestOptionsKey<ulong> KeyOption = new("Concord.Balancing.Key");
    private static readonly HttpRequestOptionsKey<PoolEndpoint> EndpointOption = new("Concord.Balancing.Endpoint");

    /// <summary>Requests with the same key go to the same instance, if the policy hashes.</summary>
    public static void SetBalancingKey(this HttpRequestMessage request, string key)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(KeyOption, StableHash.Of(key));
    }

    /// <summary>The instance that a request went to last; null if it went to none. Of an answer: <c>response.RequestMessage</c>.</summary>
    public static PoolEndpoint? GetBalancedEndpoint(this HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Options.TryGetValue(EndpointOption, out var endpoint) ? endpoint : null;
    }

    internal static ulong? KeyOf(HttpRequestMessage request) => request.Options.TryGetValue(KeyOption, out var key) ? key : null;

    internal static void SetEndpoint(HttpRequestMessage request, PoolEndpoint endpoint) => request.Options.Set(EndpointOption, endpoint);
}
