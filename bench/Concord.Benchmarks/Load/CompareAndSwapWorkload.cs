using Concord.Benchmarks.Http2;
using Concord.Protocol.Etcd;

namespace Concord.Benchmarks.Load;

/// <summary>
/// Each client replaces the value of its own key if it is still the version that it knows. Nobody else writes there, so
/// every transaction must succeed.
/// </summary>
internal sealed class CompareAndSwapWorkload() : Workload("compare-and-swap", "transaction: if the key is unchanged, put")
{
    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        var call = new UnaryCall<TxnResponse>(connection, EtcdMethods.Txn, TxnResponse.Parser);
        var key = Key($"bench/cas/{client:d5}");
        var compare = new Compare { Key = key, Target = Compare.Types.CompareTarget.Mod, Result = Compare.Types.CompareResult.Equal };
        var put = new PutRequest { Key = key, Value = Value(client, valueBytes) };
        var request = new TxnRequest { Compare = { compare }, Success = { new RequestOp { RequestPut = put } } };
        var isFirst = true;
        return async () =>
        {
            if (isFirst)
            {
                var first = await new UnaryCall<PutResponse>(connection, EtcdMethods.Put, PutResponse.Parser).CallAsync(put);
                compare.ModRevision = first.Header.Revision;
                isFirst = false;
            }

            var response = await call.CallAsync(request);
            if (!response.Succeeded)
            {
                isFirst = true;
                throw new BadAnswerException("a compare-and-swap failed although nobody else writes the key");
            }

            compare.ModRevision = response.Header.Revision;
        };
    }
}
