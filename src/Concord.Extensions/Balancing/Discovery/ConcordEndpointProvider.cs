using System.Net;
using Concord.Client.Balancing;
using Concord.Client.Balancing.Following;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace Concord.Extensions.Balancing.Discovery;

/// <summary>
/// Gives the instances that calls may go to at present, and a token that fires when these change. Never throws for want of a server: an error here becomes
/// the error of somebody's request, while the instances that were known a moment ago are most likely still there.
/// </summary>
internal sealed class ConcordEndpointProvider(ServiceDirectory directory, PoolTarget target) : IServiceEndpointProvider
{
    private ChangeSignal? _signal;

    public async ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        // The convention: whoever comes first answers.
        if (endpoints.Endpoints.Count != 0)
            return;
        var pool = await directory.GetFilledAsync(target, cancellationToken).ConfigureAwait(false);
        // The signal before the list, so that a change between them is not missed.
        var signal = new ChangeSignal(pool);
        Interlocked.Exchange(ref _signal, signal)?.Dispose();
        endpoints.AddChangeToken(signal.Token);
        foreach (var one in pool.Callable)
        {
            EndPoint address = IPAddress.TryParse(one.Address.Host, out var ip)
                ? new IPEndPoint(ip, one.Address.Port)
                : new DnsEndPoint(one.Address.Host, one.Address.Port);
            var endpoint = ServiceEndpoint.Create(one.Address.Scheme is "http" or "https" ? new UriEndPoint(one.Uri) : address);
            endpoint.Features.Set<IServiceEndpointProvider>(this);
            endpoint.Features.Set(one);
            endpoints.Endpoints.Add(endpoint);
        }
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _signal, null)?.Dispose();
        return default;
    }

    public override string ToString() => "Concord";

    /// <summary>Fires once, at the pool's next change.</summary>
    private sealed class ChangeSignal : IDisposable
    {
        private readonly CancellationTokenSource _changed = new();
        private readonly EndpointPool _pool;

        public ChangeSignal(EndpointPool pool)
        {
            _pool = pool;
            Token = new CancellationChangeToken(_changed.Token);
            pool.Changed += Fire;
        }

        public IChangeToken Token { get; }

        public void Dispose() => _pool.Changed -= Fire;

        private void Fire()
        {
            _pool.Changed -= Fire;
            _changed.Cancel();
        }
    }
}
