using Concord.Benchmarks.Http2;
using Concord.Protocol.Etcd;

namespace Concord.Benchmarks.Load;

/// <summary>Each client is granted one lease after the other; none may be granted twice.</summary>
internal sealed class LeaseGrantWorkload() : Workload("lease-grant", "grant of a lease")
{
    private const long TtlSeconds = 3600;

    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        var call = new UnaryCall<LeaseGrantResponse>(connection, EtcdMethods.LeaseGrant, LeaseGrantResponse.Parser);
        var request = new LeaseGrantRequest { TTL = TtlSeconds };
        var last = 0L;
        return async () =>
        {
            var response = await call.CallAsync(request);
            if (response.TTL != TtlSeconds || response.ID == 0 || response.ID == last)
            {
                throw new BadAnswerException($"a grant answered lease {response.ID} with {response.TTL} s after lease {last}");
            }

            last = response.ID;
        };
    }
}
