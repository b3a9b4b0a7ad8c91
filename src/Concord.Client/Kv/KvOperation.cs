using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>One read or write of a transaction.</summary>
public sealed class KvOperation
{
    private KvOperation(Etcd.RequestOp message) => Message = message;

    internal Etcd.RequestOp Message { get; }

    public static KvOperation Get(KvBytes key) => Read(KeyRange.Single(key));

    public static KvOperation Read(KeyRange range, RangeOptions? options = null) =>
        new(new Etcd.RequestOp { RequestRange = KvRequests.Range(range, options ?? new()) });

    public static KvOperation Put(KvBytes key, KvBytes value, PutOptions? options = null) =>
        new(new Etcd.RequestOp { RequestPut = KvRequests.Put(key, value, options ?? new()) });

    public static KvOperation Delete(KeyRange range, bool returnPrevious = false) =>
        new(new Etcd.RequestOp { RequestDeleteRange = KvRequests.Delete(range, returnPrevious) });

    /// <summary>A transaction within the transaction: its conditions look at the state before the outermost one.</summary>
    public static KvOperation Transaction(KvTransaction nested)
    {
        ArgumentNullException.ThrowIfNull(nested);
        return new(new Etcd.RequestOp { RequestTxn = nested.Message.Clone() });
    }
}
