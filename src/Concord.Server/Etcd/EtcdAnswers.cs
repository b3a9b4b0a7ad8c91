using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.Server.Etcd;

/// <summary>Writes the store's results as answers. Keys and values are wrapped, not copied: versions never change.</summary>
internal static class EtcdAnswers
{
    public static KeyValue ToPair(KeyVersion version, bool keysOnly = false) => new()
    {
        Key = UnsafeByteOperations.UnsafeWrap(version.Key),
        CreateRevision = version.CreateRevision,
        ModRevision = version.ModRevision,
        Version = version.Version,
        Value = keysOnly ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(version.Value),
        Lease = version.Lease.Value,
    };

    public static RangeResponse ToAnswer(RangeResult result, bool keysOnly, ResponseHeader header)
    {
        var answer = new RangeResponse { Header = header, More = result.More, Count = result.Count };
        var items = result.Items;
        answer.Kvs.Capacity = items.Count;
        for (var i = 0; i < items.Count; i++)
        {
            answer.Kvs.Add(ToPair(items[i], keysOnly));
        }

        return answer;
    }

    public static PutResponse ToAnswer(PutResult result, ResponseHeader header) => new()
    {
        Header = header,
        PrevKv = result.Previous is { } previous ? ToPair(previous) : null,
    };

    public static DeleteRangeResponse ToAnswer(DeleteResult result, ResponseHeader header)
    {
        var answer = new DeleteRangeResponse { Header = header, Deleted = result.Deleted };
        foreach (var previous in result.Previous)
        {
            answer.PrevKvs.Add(ToPair(previous));
        }

        return answer;
    }
}
