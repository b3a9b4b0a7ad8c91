using Concord.Benchmarks.Http2;
using Concord.Protocol.Etcd;

namespace Concord.Benchmarks.Load;

/// <summary>Every client reads the one key; the value must be what was put.</summary>
internal sealed class RangeWorkload(string name, string description, bool serializable) : Workload(name, description)
{
    private const string KeyText = "bench/range/one";

    public override Task PrepareAsync(Http2Connection connection, int valueBytes) =>
        PutAsync(connection, Key(KeyText), Value(0, valueBytes));

    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        var call = new UnaryCall<RangeResponse>(connection, EtcdMethods.Range, RangeResponse.Parser);
        var request = new RangeRequest { Key = Key(KeyText), Serializable = serializable };
        var value = Value(0, valueBytes);
        return async () =>
        {
            var response = await call.CallAsync(request);
            if (response.Kvs.Count != 1 || response.Kvs[0].Value != value)
            {
                throw new BadAnswerException("a read did not answer the value that was put");
            }
        };
    }
}
