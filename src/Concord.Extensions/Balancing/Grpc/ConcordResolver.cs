using Concord.Client.Balancing;
using Concord.Client.Balancing.Following;
using Grpc.Core;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using GrpcStatus = Grpc.Core.Status;

namespace Concord.Extensions.Balancing.Grpc;

/// <summary>
/// Tells a channel which addresses to connect to: all that may be called, the ejected ones too, so that a connection is there when they come back.
/// Which one a call goes to is the <see cref="ConcordPicker"/>'s.
/// </summary>
internal sealed class ConcordResolver(EndpointPool pool, PoolTarget target, ServiceDirectory directory) : Resolver
{
    public static readonly BalancerAttributesKey<EndpointPool> PoolKey = new("concord-pool");

    private readonly CancellationTokenSource _end = new();
    private Action<ResolverResult>? _listener;
    private int _news;

    public override void Start(Action<ResolverResult> listener)
    {
        _listener = listener;
        pool.Changed += Tell;
        _ = TellFirstAsync();
    }

    /// <summary>Changes come by themselves; a channel that lost a connection learns nothing more by asking.</summary>
    public override void Refresh()
    {
    }

    protected override void Dispose(bool disposing)
    {
        pool.Changed -= Tell;
        _end.Cancel();
        base.Dispose(disposing);
    }

    private async Task TellFirstAsync()
    {
        try
        {
            await directory.GetFilledAsync(target, _end.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            return;
        }

        Tell();
    }

    /// <summary>
    /// The channel calls <see cref="Start"/> with a lock of its own and takes the same one when it is told. So it is told from the
    /// thread pool and with no lock held here; one at a time, and until there is no news, so the last one told is the newest.
    /// </summary>
    private void Tell()
    {
        if (Interlocked.Increment(ref _news) == 1)
            ThreadPool.UnsafeQueueUserWorkItem(static self => self.TellAll(), this, preferLocal: false);
    }

    private void TellAll()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _news);
            if (_end.IsCancellationRequested)
                return;
            List<BalancerAddress> addresses = [.. pool.Endpoints.DistinctBy(one => (one.Address.Host, one.Address.Port)).Select(Address)];
            _listener!(addresses.Count == 0
                ? ResolverResult.ForFailure(new GrpcStatus(StatusCode.Unavailable, $"No instance of '{target.Service}' may be called."))
                : ResolverResult.ForResult(addresses, new ServiceConfig { LoadBalancingConfigs = { new LoadBalancingConfig(ConcordBalancerFactory.PolicyName) } }, GrpcStatus.DefaultSuccess));
        }
        while (Interlocked.CompareExchange(ref _news, 0, seen) != seen);
    }

    private BalancerAddress Address(PoolEndpoint endpoint)
    {
        var address = new BalancerAddress(endpoint.Address.Host, endpoint.Address.Port);
        address.Attributes.Set(PoolKey, pool);
        return address;
    }
}
