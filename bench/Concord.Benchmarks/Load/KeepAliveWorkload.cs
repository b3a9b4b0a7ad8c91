using Concord.Benchmarks.Http2;
using Concord.Protocol.Etcd;

namespace Concord.Benchmarks.Load;

/// <summary>Each client keeps one lease of its own alive, over a stream of its own; the lease must be there each time.</summary>
internal sealed class KeepAliveWorkload() : Workload("keep-alive", "renewal of a lease over a stream")
{
    private const long TtlSeconds = 3600;

    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        LeaseStream? stream = null;
        var lease = 0L;
        return async () =>
        {
            if (stream is null)
            {
                var grant = new UnaryCall<LeaseGrantResponse>(connection, EtcdMethods.LeaseGrant, LeaseGrantResponse.Parser);
                lease = (await grant.CallAsync(new LeaseGrantRequest { TTL = TtlSeconds })).ID;
                stream = new(connection);
            }

            var response = await stream.KeepAliveAsync(lease);
            if (response.ID != lease || response.TTL != TtlSeconds)
            {
                throw new BadAnswerException($"a renewal of lease {lease} answered lease {response.ID} with {response.TTL} s");
            }
        };
    }
}
