using Concord.Benchmarks.Http2;
using Concord.Protocol.V1;

namespace Concord.Benchmarks.Load;

/// <summary>Each client registers its own hundred instances in turn, anew each time. Every generation must be above the client's last one.</summary>
internal sealed class RegisterWorkload() : Workload("register", "registration of one instance (concord.v1)")
{
    private const int InstancesPerClient = 100;

    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        var call = new UnaryCall<RegisterInstanceResponse>(connection, "/concord.v1.Registry/RegisterInstance", RegisterInstanceResponse.Parser);
        var instance = new InstanceRegistration { Service = $"bench-{client}", Zone = "eu-1", Version = "1.0.0", Persistent = true, Tags = { "bench" } };
        instance.Endpoints.Add(new ServiceEndpoint { Scheme = "http", Host = "10.0.0.1", Port = 8080 });
        var request = new RegisterInstanceRequest { Instance = instance };
        var count = 0;
        var last = 0L;
        return async () =>
        {
            instance.Id = $"i{count++ % InstancesPerClient}";
            var response = await call.CallAsync(request);
            if (response.Generation <= last)
            {
                throw new BadAnswerException($"a registration got generation {response.Generation} after {last}");
            }

            last = response.Generation;
        };
    }
}
