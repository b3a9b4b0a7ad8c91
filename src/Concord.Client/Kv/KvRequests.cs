using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>The requests that single calls and transactions share.</summary>
internal static class KvRequests
{
    public static Etcd.RangeRequest Range(KeyRange range, RangeOptions options) => new()
    {
        Key = range.Start.ToByteString(),
        RangeEnd = range.End.ToByteString(),
        Limit = options.Limit,
        KeysOnly = options.KeysOnly,
        Revision = options.Revision,
        Serializable = options.Serializable,
    };

    public static Etcd.PutRequest Put(KvBytes key, KvBytes value, PutOptions options) => new()
    {
        Key = key.ToByteString(),
        Value = value.ToByteString(),
        Lease = options.Lease,
        PrevKv = options.ReturnPrevious,
    };

    public static Etcd.DeleteRangeRequest Delete(KeyRange range, bool returnPrevious) => new()
    {
        Key = range.Start.ToByteString(),
        RangeEnd = range.End.ToByteString(),
        PrevKv = returnPrevious,
    };
}
