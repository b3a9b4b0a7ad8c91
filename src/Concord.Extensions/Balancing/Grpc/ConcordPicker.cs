using Concord.Client.Balancing;
using Concord.Extensions.Balancing.Http;
using Grpc.Core;
using Grpc.Net.Client.Balancer;
using GrpcStatus = Grpc.Core.Status;

namespace Concord.Extensions.Balancing.Grpc;

/// <summary>
/// Chooses the connection of a call as the pool's policy would, among those that are there. How a call ended is known as far as the experimental interface
/// tells it: that the connection failed, and when the answer began. A status in the trailers is not told.
/// </summary>
internal sealed class ConcordPicker : SubchannelPicker
{
    /// <summary>Whose calls stay together: the text of this metadata entry is the key, if the policy hashes.</summary>
    public const string KeyHeader = "concord-balancing-key";

    /// <summary>How often the pool is asked for another one when its choice is not connected; then any that is.</summary>
    private const int PicksMax = 4;

    private readonly Dictionary<(string Host, int Port), Subchannel> _ready = [];
    private readonly IReadOnlyList<Subchannel> _list;
    private readonly EndpointPool _pool;
    private int _turn;

    public ConcordPicker(IReadOnlyList<Subchannel> ready)
    {
        _list = ready;
        EndpointPool? pool = null;
        foreach (var subchannel in ready)
        {
            // By its address: an instance that registers anew at the same one keeps its connection, and is another endpoint to the pool.
            var address = subchannel.GetAddresses()[0];
            _ready[(address.EndPoint.Host, address.EndPoint.Port)] = subchannel;
            address.Attributes.TryGetValue(ConcordResolver.PoolKey, out pool);
        }

        _pool = pool ?? throw new InvalidOperationException("The policy 'concord' goes with addresses of the form concord:///NAME only.");
    }

    public override PickResult Pick(PickContext context)
    {
        PoolEndpoint[]? avoid = null;
        for (var i = 0; i < PicksMax; i++)
        {
            if (_pool.Peek(new() { Key = KeyOf(context), Avoid = avoid }) is not { } chosen)
                return PickResult.ForFailure(new GrpcStatus(StatusCode.Unavailable, $"No instance of '{_pool.Service}' may be called."));
            if (_ready.TryGetValue((chosen.Address.Host, chosen.Address.Port), out var subchannel))
                return PickResult.ForSubchannel(subchannel, new CallTracker(_pool, chosen));
            avoid = [.. avoid ?? [], chosen];
        }

        return PickResult.ForSubchannel(_list[(int)((uint)Interlocked.Increment(ref _turn) % (uint)_list.Count)]);
    }

    private ulong? KeyOf(PickContext context) =>
        context.Request is { } request && request.Headers.TryGetValues(KeyHeader, out var values) && values.FirstOrDefault() is { } key
            ? StableHash.Of(key)
            : CallSplitKey.Of(context.Request, _pool);

    /// <summary>Counts the call from its start, which does not follow every choice.</summary>
    private sealed class CallTracker(EndpointPool pool, PoolEndpoint endpoint) : ISubchannelCallTracker
    {
        private EndpointPick _pick;

        public void Start() => _pick = pool.Begin(endpoint);

        public void Complete(CompletionContext context) => _pick.Complete(context.Error switch
        {
            null => CallOutcome.Success,
            OperationCanceledException => CallOutcome.Abandoned,
            HttpRequestException => CallOutcome.ConnectionFailure,
            _ => CallOutcome.Failure,
        });
    }
}
