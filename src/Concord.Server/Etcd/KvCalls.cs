using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Replica;

namespace Concord.Server.Etcd;

/// <summary>
/// The hot methods of etcd's KV service, whoever framed the call: reads from a view, writes through the log. Refusals are
/// <see cref="Grpc.Core.RpcException"/>.
/// </summary>
internal sealed class KvCalls(EtcdStore store)
{
    public async ValueTask<RangeAnswer> RangeAsync(RangeRequest request, HttpContext http, CancellationToken cancellation)
    {
        var caller = store.Enter(http);
        var operation = EtcdRequests.Read(request, store.Limits.Operations);
        var view = await store.ReadAsync(request.Serializable, cancellation).ConfigureAwait(false);
        EtcdStore.Require(view.CheckAccess(caller, operation));
        return new(store.Range(view, operation), request.KeysOnly, store.Header(view.Revision));
    }

    public async ValueTask<PutResponse> PutAsync(PutRequest request, HttpContext http, CancellationToken cancellation)
    {
        var caller = store.Enter(http);
        var operation = EtcdRequests.Read(request, store.Limits.Operations);
        var result = await store.ProposeAsync(new WriteCommand(operation) { Caller = caller }, cancellation).ConfigureAwait(false);
        return EtcdAnswers.ToAnswer((PutResult)result.Result!, store.Header(result.Revision));
    }

    public async ValueTask<DeleteRangeResponse> DeleteRangeAsync(DeleteRangeRequest request, HttpContext http, CancellationToken cancellation)
    {
        var caller = store.Enter(http);
        var operation = EtcdRequests.Read(request, store.Limits.Operations);
        var result = await store.ProposeAsync(new WriteCommand(operation) { Caller = caller }, cancellation).ConfigureAwait(false);
        return EtcdAnswers.ToAnswer((DeleteResult)result.Result!, store.Header(result.Revision));
    }

    public async ValueTask<TxnResponse> TxnAsync(TxnRequest request, HttpContext http, CancellationToken cancellation)
    {
        var caller = store.Enter(http);
        var transaction = EtcdRequests.Read(request, store.Limits.Operations);
        CommandResult result;
        if (OnlyReads(request))
        {
            var view = await store.ReadAsync(IsSerializable(request), cancellation).ConfigureAwait(false);
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
            result = await store.ProposeAsync(new WriteCommand(transaction) { Caller = caller }, cancellation).ConfigureAwait(false);
        }

        return TransactionAnswer.From(transaction, (TransactionResult)result.Result!, result.Revision, store.Header(result.Revision));
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
