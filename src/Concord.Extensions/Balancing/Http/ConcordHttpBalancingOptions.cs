using Concord.Client.Balancing;
using Concord.Client.Balancing.Following;

namespace Concord.Extensions.Balancing.Http;

/// <summary>How the calls of one <see cref="HttpClient"/> find their instances.</summary>
public sealed class ConcordHttpBalancingOptions
{
    /// <summary>
    /// Which service an address means; null: the address is called as it is. Default: the host, see <see cref="PoolTarget.Of"/>. For a client that also
    /// calls the outside world: <c>uri => uri.Host.Contains('.') ? null : PoolTarget.Of(uri)</c>.
    /// </summary>
    public Func<Uri, PoolTarget?> Target { get; set; } = PoolTarget.Of;

    /// <summary>
    /// Calls with the same key go to the same instance, if the policy hashes (see <see cref="StableHash"/>), and to the same share of a traffic split; null: any,
    /// and the share that the split's <c>splitBy</c> says. A request's own key
    /// (<see cref="BalancedRequests.SetBalancingKey(HttpRequestMessage, string)"/>) goes over it.
    /// </summary>
    public Func<HttpRequestMessage, ulong?>? Key { get; set; }

    /// <summary>Which split of the route a request asks for, by its name; null: by the shares.</summary>
    public Func<HttpRequestMessage, string?>? Split { get; set; }

    /// <summary>
    /// Sends the service's name as host, instead of the instance's address. With https that is the name that the certificate has to be for: instances
    /// that are registered by IP address mostly have one for their service.
    /// </summary>
    public bool UseServiceNameAsHost { get; set; }
}
