using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Telemetry;

/// <summary>The counts of one method, for a handler that counts its calls itself.</summary>
internal sealed class GrpcCallCount(StripedCounts started, StripedCounts handled, int index, int codes)
{
    public void Started() => started.Add(index);

    public void Handled(StatusCode code) => handled.Add((index * codes) + (int)code);
}
