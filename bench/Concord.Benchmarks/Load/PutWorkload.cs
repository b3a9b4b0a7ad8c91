using Concord.Benchmarks.Http2;
using Concord.Protocol.Etcd;

namespace Concord.Benchmarks.Load;

/// <summary>Each client overwrites its own hundred keys in turn. Every revision must be above the client's last one.</summary>
internal sealed class PutWorkload() : Workload("put", "put of one value")
{
    private const int KeysPerClient = 100;

    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        var call = new UnaryCall<PutResponse>(connection, EtcdMethods.Put, PutResponse.Parser);
        var keys = Enumerable.Range(0, KeysPerClient).Select(i => Key($"bench/put/{client:d5}/{i:d3}")).ToArray();
        var request = new PutRequest { Value = Value(client, valueBytes) };
        var count = 0;
        var lastRevision = 0L;
        return async () =>
        {
            request.Key = keys[count++ % KeysPerClient];
            var response = await call.CallAsync(request);
            if (response.Header.Revision <= lastRevision)
            {
                throw new BadAnswerException($"a put got revision {response.Header.Revision} after {lastRevision}");
            }

            lastRevision = response.Header.Revision;
        };
    }
}
