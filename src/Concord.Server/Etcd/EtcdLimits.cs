using Concord.Mvcc;
using Concord.Server.Cluster;

namespace Concord.Server.Etcd;

/// <summary>The limits of the etcd API. The defaults and the derivations are etcd's.</summary>
internal sealed class EtcdLimits(ServerOptions options)
{
    /// <summary>The longest lease, in seconds: some 285 years; more would overflow clients' nanoseconds.</summary>
    public const long LeaseTtlSecondsMax = 9_000_000_000;

    /// <summary>Room for a message's framing above the request limit, as etcd's clients count on.</summary>
    private const int FramingBytesMax = 512 * 1024;

    /// <summary>How many election timeouts a stream that asked for a leader goes on without one.</summary>
    private const int LeaderAbsenceElections = 3;

    /// <summary>A change of leader takes one election timeout and a half; a shorter lease would end by it.</summary>
    private const double ShortestLeaseElections = 1.5;

    /// <summary>What a single operation or transaction may hold.</summary>
    public OperationLimits Operations { get; } = OperationLimits.Default with
    {
        OperationsMax = options.MaxTxnOps,
        ValueBytesMax = options.MaxRequestBytes,
    };

    /// <summary>The size that chunks of a streamed range aim at.</summary>
    public int ChunkBytes { get; } = options.MaxRequestBytes;

    /// <summary>An answer of a watch that allows it is cut into pieces below this size.</summary>
    public int FragmentBytesMax { get; } = options.MaxRequestBytes + FramingBytesMax;

    /// <summary>Shorter leases are raised to this, in seconds.</summary>
    public long LeaseTtlSecondsMin { get; } = (long)Math.Ceiling(options.ElectionTimeout.TotalSeconds * ShortestLeaseElections);

    public TimeSpan LeaderAbsenceMax { get; } = options.ElectionTimeout * LeaderAbsenceElections;
}
