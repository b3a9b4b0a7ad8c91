using Concord.Benchmarks.Http2;
using Concord.Protocol.V1;

namespace Concord.Benchmarks.Load;

/// <summary>Each client renews its one instance, one call for each renewal.</summary>
internal sealed class RenewWorkload() : Workload("renew", "renewal of one instance by a call (concord.v1)")
{
    private const int TtlSeconds = 600;

    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        var call = new UnaryCall<RenewResponse>(connection, "/concord.v1.Registry/Renew", RenewResponse.Parser);
        RenewRequest? request = null;
        return async () =>
        {
            if (request is null)
            {
                var register = new UnaryCall<RegisterInstanceResponse>(connection, "/concord.v1.Registry/RegisterInstance", RegisterInstanceResponse.Parser);
                var instance = RegistrySession.Instance($"bench-renewed-{client}", "i");
                var registered = await register.CallAsync(new RegisterInstanceRequest { Instance = instance, TtlSeconds = TtlSeconds });
                request = new() { Service = instance.Service, Id = instance.Id, Generation = registered.Generation };
            }

            var response = await call.CallAsync(request);
            if (response.TtlSeconds != TtlSeconds)
            {
                throw new BadAnswerException($"a renewal was answered with {response.TtlSeconds} s");
            }
        };
    }
}
