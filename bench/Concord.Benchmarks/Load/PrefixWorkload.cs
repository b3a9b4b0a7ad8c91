using Concord.Benchmarks.Http2;
using Concord.Protocol.Etcd;

namespace Concord.Benchmarks.Load;

/// <summary>Every client reads all keys of one prefix; number, order and the last value must be right.</summary>
internal sealed class PrefixWorkload(string name, string description, int keys) : Workload(name, description)
{
    private const int PutsPerTransaction = 100;

    public override async Task PrepareAsync(Http2Connection connection, int valueBytes)
    {
        var call = new UnaryCall<TxnResponse>(connection, EtcdMethods.Txn, TxnResponse.Parser);
        foreach (var chunk in Enumerable.Range(0, keys).Chunk(PutsPerTransaction))
        {
            var request = new TxnRequest();
            request.Success.AddRange(chunk.Select(i =>
                new RequestOp { RequestPut = new PutRequest { Key = Key(KeyText(i)), Value = Value(i, valueBytes) } }));
            await call.CallAsync(request);
        }
    }

    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        var call = new UnaryCall<RangeResponse>(connection, EtcdMethods.Range, RangeResponse.Parser);
        // '0' is the byte after '/'.
        var request = new RangeRequest { Key = Key($"bench/prefix/{keys}/"), RangeEnd = Key($"bench/prefix/{keys}0") };
        var (firstKey, lastKey, lastValue) = (Key(KeyText(0)), Key(KeyText(keys - 1)), Value(keys - 1, valueBytes));
        return async () =>
        {
            var response = await call.CallAsync(request);
            if (response.Count != keys || response.Kvs.Count != keys
                || response.Kvs[0].Key != firstKey || response.Kvs[^1].Key != lastKey || response.Kvs[^1].Value != lastValue)
            {
                throw new BadAnswerException($"a read of {keys} keys answered {response.Kvs.Count} keys, or others than were put");
            }
        };
    }

    private string KeyText(int i) => $"bench/prefix/{keys}/{i:d6}";
}
