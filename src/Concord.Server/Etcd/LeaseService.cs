using System.Buffers.Binary;
using System.Security.Cryptography;
using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Protocol.Etcd;
using Concord.Server.Replica;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>etcd's Lease service. Times are whole seconds.</summary>
internal sealed class LeaseService(EtcdStore store, LeaderMonitor leader, IHostApplicationLifetime lifetime) : Lease.LeaseBase
{
    /// <summary>What TimeToLive answers for a lease that does not exist.</summary>
    private const long NoSuchLease = -1;

    public override async Task<LeaseGrantResponse> LeaseGrant(LeaseGrantRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        if (request.TTL > EtcdLimits.LeaseTtlSecondsMax)
        {
            throw EtcdErrors.LeaseTtlTooLarge();
        }

        var (lease, seconds, revision) = await GrantAsync(store, caller, request.ID, request.TTL, context.CancellationToken).ConfigureAwait(false);
        return new LeaseGrantResponse { Header = store.Header(revision), ID = lease.Value, TTL = seconds };
    }

    /// <param name="id">0 lets the server choose.</param>
    public static async ValueTask<(LeaseId Lease, long TtlSeconds, long Revision)> GrantAsync(EtcdStore store, Caller? caller, long id, long ttlSeconds, CancellationToken cancellation)
    {
        var lease = new LeaseId(id == 0 ? RandomId() : id);
        var seconds = Math.Max(ttlSeconds, store.Limits.LeaseTtlSecondsMin);
        var result = await store.ProposeAsync(new LeaseGrantCommand(lease, seconds) { Caller = caller }, cancellation).ConfigureAwait(false);
        return (lease, seconds, result.Revision);
    }

    public override async Task<LeaseRevokeResponse> LeaseRevoke(LeaseRevokeRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        if (request.ID == 0)
        {
            // Stands for "none" everywhere, so no lease has it.
            throw EtcdErrors.LeaseNotFound();
        }

        var result = await store.ProposeAsync(new LeaseRevokeCommand(new LeaseId(request.ID)) { Caller = caller }, context.CancellationToken).ConfigureAwait(false);
        return new LeaseRevokeResponse { Header = store.Header(result.Revision) };
    }

    /// <summary>Answers each request in order. A lease that is not there has 0 seconds and the stream goes on.</summary>
    public override async Task LeaseKeepAlive(IAsyncStreamReader<LeaseKeepAliveRequest> requestStream, IServerStreamWriter<LeaseKeepAliveResponse> responseStream, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var leaderLost = EtcdStore.RequiresLeader(context) ? leader.Lost : CancellationToken.None;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, leaderLost, lifetime.ApplicationStopping);
        try
        {
            while (await requestStream.MoveNext(ending.Token).ConfigureAwait(false))
            {
                var id = requestStream.Current.ID;
                await RequireAsync(caller, new(id), Access.Write, ending.Token).ConfigureAwait(false);
                var header = store.Header(store.Replica.View.Revision);
                var seconds = await store.Replica.KeepAliveAsync(new LeaseId(id), ending.Token).ConfigureAwait(false);
                await responseStream.WriteAsync(new LeaseKeepAliveResponse { Header = header, ID = id, TTL = seconds }, ending.Token).ConfigureAwait(false);
            }
        }
        catch (ReplicaException exception)
        {
            throw EtcdErrors.From(exception);
        }
        catch (IOException)
        {
            // The client has reset the stream: nobody is there to be told, and no fault of this server's is to be logged.
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested && ending.IsCancellationRequested)
        {
            throw leaderLost.IsCancellationRequested ? EtcdErrors.NoLeader() : EtcdErrors.Stopped();
        }
    }

    public override async Task<LeaseTimeToLiveResponse> LeaseTimeToLive(LeaseTimeToLiveRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var lease = new LeaseId(request.ID);
        await RequireAsync(caller, lease, request.Keys ? Access.Read : Access.None, context.CancellationToken).ConfigureAwait(false);
        long? left;
        try
        {
            left = await store.Replica.TimeToLiveAsync(lease, context.CancellationToken).ConfigureAwait(false);
        }
        catch (ReplicaException exception)
        {
            throw EtcdErrors.From(exception);
        }

        var view = store.Replica.View;
        EtcdStore.Require(view.CheckLeaseAccess(caller, lease, request.Keys ? Access.Read : Access.None));
        var granted = view.LeaseTtl(lease);
        var answer = new LeaseTimeToLiveResponse { Header = store.Header(view.Revision), ID = request.ID };
        if (left is null || granted is null)
        {
            answer.TTL = NoSuchLease;
            return answer;
        }

        answer.TTL = left.Value;
        answer.GrantedTTL = granted.Value;
        if (request.Keys)
        {
            answer.Keys.AddRange(view.LeaseKeys(lease).Select(UnsafeByteOperations.UnsafeWrap));
        }

        return answer;
    }

    public override Task<LeaseLeasesResponse> LeaseLeases(LeaseLeasesRequest request, ServerCallContext context)
    {
        store.CheckLeader(context);
        var view = store.Replica.View;
        var answer = new LeaseLeasesResponse { Header = store.Header(view.Revision) };
        answer.Leases.AddRange(view.Leases().Select(lease => new LeaseStatus { ID = lease.Value }));
        return Task.FromResult(answer);
    }

    /// <summary>Who keeps a lease alive keeps its keys, and who sees its keys reads their names.</summary>
    private ValueTask RequireAsync(Caller? caller, LeaseId lease, Access access, CancellationToken cancellation) =>
        store.RequireAsync(view => view.CheckLeaseAccess(caller, lease, access), cancellation);

    /// <summary>Positive, so that clients in languages without unsigned numbers print it alike.</summary>
    private static long RandomId()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        while (true)
        {
            RandomNumberGenerator.Fill(bytes);
            var id = BinaryPrimitives.ReadInt64LittleEndian(bytes) & long.MaxValue;
            if (id != 0)
            {
                return id;
            }
        }
    }
}
