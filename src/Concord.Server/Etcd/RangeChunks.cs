using Concord.Mvcc;
using Concord.Protocol.Etcd;

namespace Concord.Server.Etcd;

/// <summary>
/// Cuts the answer of a range into chunks for a stream. All are of one view, so they fit together; header, count and
/// "more" come with the last.
/// </summary>
internal static class RangeChunks
{
    /// <summary>The first chunk is small, so that the client has something soon.</summary>
    private const int FirstChunkItems = 10;

    /// <summary>Only key order can be cut without reading everything first.</summary>
    public static bool CanStream(RangeOperation range) =>
        range is
        {
            SortTarget: SortTarget.Key,
            SortOrder: SortOrder.None or SortOrder.Ascend,
            MinModRevision: 0,
            MaxModRevision: 0,
            MinCreateRevision: 0,
            MaxCreateRevision: 0,
        };

    public static IEnumerable<RangeResponse> Split(RangeResult result, bool keysOnly, int chunkBytes, ResponseHeader header)
    {
        var items = result.Items;
        var next = 0;
        var chunk = new RangeResponse();
        for (var itemsMax = FirstChunkItems; next < items.Count; itemsMax = int.MaxValue)
        {
            var bytes = 0;
            while (next < items.Count && chunk.Kvs.Count < itemsMax && bytes < chunkBytes)
            {
                var pair = EtcdAnswers.ToPair(items[next++], keysOnly);
                bytes += pair.CalculateSize();
                chunk.Kvs.Add(pair);
            }

            if (next < items.Count)
            {
                yield return chunk;
                chunk = new RangeResponse();
            }
        }

        chunk.Header = header;
        chunk.More = result.More;
        chunk.Count = result.Count;
        yield return chunk;
    }
}
