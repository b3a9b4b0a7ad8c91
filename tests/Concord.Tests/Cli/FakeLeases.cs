using System.Collections.Concurrent;
using Concord.Protocol.Etcd;
using Grpc.Core;

namespace Concord.Tests.Cli;

/// <summary>Grants every lease; renewals are answered as the test says.</summary>
internal sealed class FakeLeases : Lease.LeaseBase
{
    private readonly CancellationTokenSource _end = new();
    private long _lastId;
    private int _streams;
    private int _renewals;

    /// <summary>Streams opened so far.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Renewals that arrived so far.</summary>
    public int Renewals => Volatile.Read(ref _renewals);

    public ConcurrentQueue<long> Revoked { get; } = new();

    /// <summary>The answer to a renewal: the time to live in seconds (0: the lease has ended), null for none. May break the stream by throwing.</summary>
    public Func<long, Task<long?>> Renew { get; set; } = _ => Task.FromResult<long?>(60);

    public void EndAll() => _end.Cancel();

    public override Task<LeaseGrantResponse> LeaseGrant(LeaseGrantRequest request, ServerCallContext context) =>
        Task.FromResult(new LeaseGrantResponse { ID = Interlocked.Increment(ref _lastId), TTL = request.TTL });

    public override Task<LeaseRevokeResponse> LeaseRevoke(LeaseRevokeRequest request, ServerCallContext context)
    {
        Revoked.Enqueue(request.ID);
        return Task.FromResult(new LeaseRevokeResponse());
    }

    public override async Task LeaseKeepAlive(
        IAsyncStreamReader<LeaseKeepAliveRequest> requestStream, IServerStreamWriter<LeaseKeepAliveResponse> responseStream, ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, context.CancellationToken);
        Interlocked.Increment(ref _streams);
        while (await requestStream.MoveNext(end.Token))
        {
            var id = requestStream.Current.ID;
            Interlocked.Increment(ref _renewals);
            if (await Renew(id) is { } ttl)
                await responseStream.WriteAsync(new LeaseKeepAliveResponse { ID = id, TTL = ttl }, end.Token);
        }
    }
}
