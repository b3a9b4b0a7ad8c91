using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>etcd's KV service: reads from a view, writes through the log.</summary>
internal sealed class KvService(EtcdStore store) : KV.KVBase
{
    public override async Task<RangeResponse> Range(RangeRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var operation = EtcdRequests.Read(request, store.Limits.Operations);
        var view = await store.ReadAsync(request.Serializable, context.CancellationToken).ConfigureAwait(false);
        EtcdStore.Require(view.CheckAccess(caller, operation));
        return EtcdAnswers.ToAnswer(Read(view, operation), request.KeysOnly, store.Header(view.Revision));
    }

    public override async Task RangeStream(RangeRequest request, IServerStreamWriter<RangeStreamResponse> responseStream, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var operation = EtcdRequests.Read(request, store.Limits.Operations);
        if (!RangeChunks.CanStream(operation))
        {
            throw EtcdErrors.Unimplemented("etcdserver: a streamed range has neither sort options nor revision filters");
        }

        var view = await store.ReadAsync(request.Serializable, context.CancellationToken).ConfigureAwait(false);
        EtcdStore.Require(view.CheckAccess(caller, operation));
        foreach (var chunk in RangeChunks.Split(Read(view, operation), request.KeysOnly, store.Limits.ChunkBytes, store.Header(view.Revision)))
        {
            await responseStream.WriteAsync(new RangeStreamResponse { RangeResponse = chunk }, context.CancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task<PutResponse> Put(PutRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var operation = EtcdRequests.Read(request, store.Limits.Operations);
        var result = await store.ProposeAsync(new WriteCommand(operation) { Caller = caller }, context.CancellationToken).ConfigureAwait(false);
        return EtcdAnswers.ToAnswer((PutResult)result.Result!, store.Header(result.Revision));
    }

    public override async Task<DeleteRangeResponse> DeleteRange(DeleteRangeRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var operation = EtcdRequests.Read(request, store.Limits.Operations);
        var result = await store.ProposeAsync(new WriteCommand(operation) { Caller = caller }, context.CancellationToken).ConfigureAwait(false);
        return EtcdAnswers.ToAnswer((DeleteResult)result.Result!, store.Header(result.Revision));
    }

    public override async Task<TxnResponse> Txn(TxnRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var transaction = EtcdRequests.Read(request, store.Limits.Operations);
        CommandResult result;
        if (OnlyReads(request))
        {
            var view = await store.ReadAsync(IsSerializable(request), context.CancellationToken).ConfigureAwait(false);
            EtcdStore.Require(view.CheckAccess(caller, transaction));
            result = view.Read(transaction);
            store.Replica.Metrics.Reads.Add(ReplicaMetrics.ReadTransactions);
            store.Replica.Metrics.Reads.Add(ReplicaMetrics.Ranges, (result.Result as TransactionResult)?.Results.Count ?? 0);
            if (!result.IsOk)
            {
                throw EtcdErrors.From(result.Error);
            }
        }
        else
        {
            result = await store.ProposeAsync(new WriteCommand(transaction) { Caller = caller }, context.CancellationToken).ConfigureAwait(false);
        }

        return TransactionAnswer.From(transaction, (TransactionResult)result.Result!, result.Revision, store.Header(result.Revision));
    }

    /// <summary>Compaction is logical at once and nothing is kept on disk for it, so a physical one has nothing to wait for.</summary>
    public override async Task<CompactionResponse> Compact(CompactionRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var result = await store.ProposeAsync(new CompactCommand(request.Revision) { Caller = caller }, context.CancellationToken).ConfigureAwait(false);
        return new CompactionResponse { Header = store.Header(result.Revision) };
    }

    private RangeResult Read(KeySpaceView view, RangeOperation operation)
    {
        store.Replica.Metrics.Reads.Add(ReplicaMetrics.Ranges);
        var error = view.Range(operation, out var result);
        return error == StoreError.None ? result! : throw EtcdErrors.From(error);
    }

    /// <summary>Nested transactions count as writes.</summary>
    private static bool OnlyReads(TxnRequest request) => request.Success.All(IsRange) && request.Failure.All(IsRange);

    private static bool IsRange(RequestOp op) => op.RequestCase == RequestOp.RequestOneofCase.RequestRange;

    /// <summary>
    /// True when every range is serializable; so a transaction that only compares is answered locally too, which etcd's
    /// clients know.
    /// </summary>
    private static bool IsSerializable(TxnRequest request) =>
        request.Success.All(op => op.RequestRange.Serializable) && request.Failure.All(op => op.RequestRange.Serializable);
}
