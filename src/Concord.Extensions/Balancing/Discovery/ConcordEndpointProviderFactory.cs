using System.Diagnostics.CodeAnalysis;
using System.Net;
using Concord.Client.Balancing.Following;
using Microsoft.Extensions.ServiceDiscovery;

namespace Concord.Extensions.Balancing.Discovery;

/// <summary>A provider for each service that is asked for. Names that no service can have are left to others.</summary>
internal sealed class ConcordEndpointProviderFactory(ServiceDirectory directory) : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        provider = null;
        if (query.ServiceName == "localhost" || IPAddress.TryParse(query.ServiceName, out _))
            return false;
        var schemes = string.Join('+', query.IncludedSchemes);
        var endpoint = string.IsNullOrEmpty(query.EndpointName) ? null : query.EndpointName;
        provider = new ConcordEndpointProvider(directory, new PoolTarget(query.ServiceName, endpoint, schemes));
        return true;
    }
}
