using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Protocol.Etcd;
using Concord.Server.Replica;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>etcd's Election service. A leader's token is its key's create revision (<see cref="LeaderKey.Rev"/>).</summary>
internal sealed class ElectionService(EtcdStore store, LeaderMonitor leader, IHostApplicationLifetime lifetime) : Election.ElectionBase
{
    public override async Task<CampaignResponse> Campaign(CampaignRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var cancellation = context.CancellationToken;
        var queue = new LeaseQueue(store, request.Name.Memory);
        await store.RequireAsync(view => view.CheckAccess(caller, new RangeOperation(queue.Range)), cancellation).ConfigureAwait(false);
        var lease = await CoordinationCall.LeaseAsync(store, caller, request.Lease, cancellation).ConfigureAwait(false);
        var key = queue.KeyOf(lease);
        var candidate = new PutOperation(key, request.Value.Memory) { Lease = lease };
        var enter = new TransactionOperation(
            [CoordinationCall.CreatedAt(key, 0)], [candidate], [new RangeOperation(KeyRange.Single(key))]);
        var (result, revision) = await store.WriteAsync(caller, enter, cancellation).ConfigureAwait(false);
        var mine = revision;
        if (!result.Succeeded)
        {
            // The lease campaigns already: it keeps its place, with the new value.
            var present = ((RangeResult)result.Results[0]).Items[0];
            mine = present.CreateRevision;
            if (!present.Value.Span.SequenceEqual(request.Value.Span))
            {
                await PutAsLeaderAsync(caller, candidate, mine, cancellation).ConfigureAwait(false);
            }
        }

        await CoordinationCall.WaitAsync(store, caller, lifetime, context, queue, key, mine).ConfigureAwait(false);
        return new CampaignResponse
        {
            Header = store.Header(revision),
            Leader = new LeaderKey { Name = request.Name, Key = UnsafeByteOperations.UnsafeWrap(key), Rev = mine, Lease = lease.Value },
        };
    }

    public override async Task<ProclaimResponse> Proclaim(ProclaimRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var holder = request.Leader ?? throw EtcdErrors.LeaderFieldMissing();
        var lease = await CoordinationCall.LeaseAsync(store, caller, holder.Lease, context.CancellationToken).ConfigureAwait(false);
        var put = new PutOperation(holder.Key.Memory, request.Value.Memory) { Lease = lease };
        var revision = await PutAsLeaderAsync(caller, put, holder.Rev, context.CancellationToken).ConfigureAwait(false);
        return new ProclaimResponse { Header = store.Header(revision) };
    }

    /// <summary>Whoever is not the leader any more has nothing to resign from; that is no error.</summary>
    public override async Task<ResignResponse> Resign(ResignRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var holder = request.Leader ?? throw EtcdErrors.LeaderFieldMissing();
        var resign = new TransactionOperation(
            [CoordinationCall.CreatedAt(RequireKey(holder.Key.Memory), holder.Rev)],
            [new DeleteOperation(KeyRange.Single(holder.Key.Memory))],
            []);
        var (_, revision) = await store.WriteAsync(caller, resign, context.CancellationToken).ConfigureAwait(false);
        return new ResignResponse { Header = store.Header(revision) };
    }

    public override async Task<LeaderResponse> Leader(LeaderRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var view = await store.ReadAsync(serializable: false, context.CancellationToken).ConfigureAwait(false);
        var head = Head(caller, view, new LeaseQueue(store, request.Name.Memory)) ?? throw EtcdErrors.ElectionNoLeader();
        return new LeaderResponse { Header = store.Header(view.Revision), Kv = EtcdAnswers.ToPair(head) };
    }

    public override async Task Observe(LeaderRequest request, IServerStreamWriter<LeaderResponse> responseStream, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var leaderLost = EtcdStore.RequiresLeader(context) ? leader.Lost : CancellationToken.None;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, leaderLost, lifetime.ApplicationStopping);
        try
        {
            await ObserveAsync(caller, new LeaseQueue(store, request.Name.Memory), responseStream, ending.Token).ConfigureAwait(false);
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

    /// <summary>
    /// Looks at the head of the queue after every change of the queue and sends it when it is another version. Values that
    /// came and went between two looks are left out.
    /// </summary>
    private async Task ObserveAsync(Caller? caller, LeaseQueue queue, IServerStreamWriter<LeaderResponse> output, CancellationToken cancellation)
    {
        var view = await store.ReadAsync(serializable: false, cancellation).ConfigureAwait(false);
        using var stream = store.Replica.Watches.OpenStream();
        stream.Create(new WatchOptions(queue.Range, view.Revision + 1));
        var sent = 0L;
        while (true)
        {
            if (Head(caller, view, queue) is { } head && head.ModRevision != sent)
            {
                sent = head.ModRevision;
                var answer = new LeaderResponse { Header = store.Header(view.Revision), Kv = EtcdAnswers.ToPair(head) };
                await output.WriteAsync(answer, cancellation).ConfigureAwait(false);
            }

            switch (await stream.ReadAsync(cancellation).ConfigureAwait(false))
            {
                case WatchNotice.Events events:
                    view = events.View;
                    break;
                case WatchNotice.Canceled:
                    // Compaction overtook the watch: look at the present and go on from there.
                    view = store.Replica.View;
                    stream.Create(new WatchOptions(queue.Range, view.Revision + 1));
                    break;
            }
        }
    }

    private static KeyVersion? Head(Caller? caller, KeySpaceView view, LeaseQueue queue)
    {
        EtcdStore.Require(view.CheckAccess(caller, new RangeOperation(queue.Range)));
        var error = view.Range(LeaseQueue.Head(queue.Range), out var result);
        return error != StoreError.None ? throw EtcdErrors.From(error) : result!.Items.Count > 0 ? result.Items[0] : null;
    }

    private async Task<long> PutAsLeaderAsync(Caller? caller, PutOperation put, long createRevision, CancellationToken cancellation)
    {
        var write = new TransactionOperation([CoordinationCall.CreatedAt(RequireKey(put.Key), createRevision)], [put], []);
        var (result, revision) = await store.WriteAsync(caller, write, cancellation).ConfigureAwait(false);
        return result.Succeeded ? revision : throw EtcdErrors.ElectionNotLeader();
    }

    private static ReadOnlyMemory<byte> RequireKey(ReadOnlyMemory<byte> key) => key.IsEmpty ? throw EtcdErrors.EmptyKey() : key;
}
