namespace Concord.Client.Balancing.Following;

/// <summary>Which endpoints of a service are meant.</summary>
/// <param name="Service">As it is registered.</param>
/// <param name="EndpointName">Null: any.</param>
/// <param name="Schemes">With '+' between them, the best first, as in <c>https+http</c>; empty: any.</param>
public sealed record PoolTarget(string Service, string? EndpointName = null, string Schemes = "")
{
    /// <summary>
    /// Reads a service's address: <c>https+http://orders</c> or <c>http://_metrics.orders</c>, which is the endpoint "metrics". These are the forms of
    /// Microsoft's service discovery. Null if the host is no service's name: an IP address, or localhost.
    /// </summary>
    public static PoolTarget? Of(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri || address.HostNameType is not (UriHostNameType.Dns or UriHostNameType.Basic) || address.Host == "localhost")
            return null;
        var host = address.Host;
        if (host.StartsWith('_') && host.IndexOf('.', StringComparison.Ordinal) is > 1 and var dot && dot < host.Length - 1)
            return new(host[(dot + 1)..], host[1..dot], address.Scheme);
        return new(host, null, address.Scheme);
    }
}
