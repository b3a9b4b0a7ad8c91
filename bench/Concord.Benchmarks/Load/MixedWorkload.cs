using Concord.Benchmarks.Http2;

namespace Concord.Benchmarks.Load;

/// <summary>Nine linearizable reads of one key, then one put.</summary>
internal sealed class MixedWorkload() : Workload("mixed-90-10", "nine linearizable reads of one key, then one put")
{
    private const int Cycle = 10;

    private readonly RangeWorkload _reads = new("", "", serializable: false);
    private readonly PutWorkload _puts = new();

    public override Task PrepareAsync(Http2Connection connection, int valueBytes) => _reads.PrepareAsync(connection, valueBytes);

    public override ClientStep Client(Http2Connection connection, int client, int valueBytes)
    {
        var read = _reads.Client(connection, client, valueBytes);
        var put = _puts.Client(connection, client, valueBytes);
        // Clients start at different places of the cycle.
        var count = client;
        return () => count++ % Cycle == 0 ? put() : read();
    }
}
