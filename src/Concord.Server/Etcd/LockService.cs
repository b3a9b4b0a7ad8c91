using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>
/// etcd's Lock service. The holder's fencing token is its key's create revision; a lease that locks twice holds the one
/// lock.
/// </summary>
internal sealed class LockService(EtcdStore store, IHostApplicationLifetime lifetime) : Protocol.Etcd.Lock.LockBase
{
    public override async Task<LockResponse> Lock(LockRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        var cancellation = context.CancellationToken;
        var queue = new LeaseQueue(store, request.Name.Memory);
        var lease = await CoordinationCall.LeaseAsync(store, caller, request.Lease, cancellation).ConfigureAwait(false);
        var key = queue.KeyOf(lease);
        var head = LeaseQueue.Head(queue.Range);
        var enter = new TransactionOperation(
            [CoordinationCall.CreatedAt(key, 0)],
            [new PutOperation(key, default) { Lease = lease }, head],
            [new RangeOperation(KeyRange.Single(key)), head]);
        var (result, revision) = await store.WriteAsync(caller, enter, cancellation).ConfigureAwait(false);
        var mine = result.Succeeded ? revision : ((RangeResult)result.Results[0]).Items[0].CreateRevision;
        if (((RangeResult)result.Results[1]).Items[0].CreateRevision != mine)
        {
            await CoordinationCall.WaitAsync(store, caller, lifetime, context, queue, key, mine).ConfigureAwait(false);
            revision = await StillMineAsync(caller, key, mine, cancellation).ConfigureAwait(false);
        }

        return new LockResponse { Header = store.Header(revision), Key = UnsafeByteOperations.UnsafeWrap(key) };
    }

    public override async Task<UnlockResponse> Unlock(UnlockRequest request, ServerCallContext context)
    {
        var caller = store.Enter(context);
        if (request.Key.IsEmpty)
        {
            throw EtcdErrors.EmptyKey();
        }

        var delete = new WriteCommand(new DeleteOperation(KeyRange.Single(request.Key.Memory))) { Caller = caller };
        var result = await store.ProposeAsync(delete, context.CancellationToken).ConfigureAwait(false);
        return new UnlockResponse { Header = store.Header(result.Revision) };
    }

    /// <summary>The lease may have ended while its owner waited; then everyone before it was gone, and so was its key.</summary>
    private async Task<long> StillMineAsync(Caller? caller, byte[] key, long createRevision, CancellationToken cancellation)
    {
        var view = await store.ReadAsync(serializable: false, cancellation).ConfigureAwait(false);
        EtcdStore.Require(view.CheckAccess(caller, new RangeOperation(KeyRange.Single(key))));
        return view.Get(key)?.CreateRevision == createRevision ? view.Revision : throw EtcdErrors.SessionExpired();
    }
}
