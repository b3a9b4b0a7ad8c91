using Concord.Benchmarks.Http2;

namespace Concord.Benchmarks.Load;

/// <summary>Each client holds ten instances on a stream of its own and gives signs of life for all of them at once.</summary>
internal sealed class HeartbeatWorkload() : Workload("heartbeat", "sign of life of ten instances on a stream (concord.v1)")
{
    private const int InstancesPerClient = 10;
    private const int TtlSeconds = 60;

    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        RegistrySession? session = null;
        return async () =>
        {
            if (session is null)
            {
                session = new(connection);
                for (var i = 0; i < InstancesPerClient; i++)
                {
                    await session.RegisterAsync(RegistrySession.Instance($"bench-held-{client}", $"i{i}"), TtlSeconds);
                }
            }

            await session.HeartbeatAsync();
        };
    }
}
