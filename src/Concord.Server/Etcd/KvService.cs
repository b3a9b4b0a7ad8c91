using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>etcd's KV service as gRPC knows it; <see cref="KvCalls"/> does the work.</summary>
internal sealed class KvService(EtcdStore store, KvCalls calls) : KV.KVBase
{
    public override async Task<RangeResponse> Range(RangeRequest request, ServerCallContext context) =>
        (await calls.RangeAsync(request, context.GetHttpContext(), context.CancellationToken).ConfigureAwait(false)).ToMessage();

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
        foreach (var chunk in RangeChunks.Split(store.Range(view, operation), request.KeysOnly, store.Limits.ChunkBytes, store.Header(view.Revision)))
        {
            await responseStream.WriteAsync(new RangeStreamResponse { RangeResponse = chunk }, context.CancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task<PutResponse> Put(PutRequest request, ServerCallContext context) =>
        await calls.PutAsync(request, context.GetHttpContext(), context.CancellationToken).ConfigureAwait(false);

    public override async Task<DeleteRangeResponse> DeleteRange(DeleteRangeRequest request, ServerCallContext context) =>
        await calls.DeleteRangeAsync(request, context.GetHttpContext(), context.CancellationToken).ConfigureAwait(false);

    public override async Task<TxnResponse> Txn(TxnRequest request, ServerCallContext context) =>
        await calls.TxnAsync(request, context.GetHttpContext(), context.CancellationToken).ConfigureAwait(false);

    /// <summary>Compaction is logical at once and nothing is kept on disk for it, so a physical one has nothing to wait for.</summary>
    public override async Task<CompactionResponse> Compact(CompactionRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var result = await store.ProposeAsync(new CompactCommand(request.Revision) { Caller = caller }, context.CancellationToken).ConfigureAwait(false);
        return new CompactionResponse { Header = store.Header(result.Revision) };
    }
}
