namespace Concord.Mvcc;

/// <summary>What one request may ask for. The defaults are meant for the API edge.</summary>
public sealed record OperationLimits
{
    /// <summary>
    /// How deep transactions may nest at most, whatever the other limits say: reading and running them recurses. Above
    /// etcd's own bound, which follows from its default of 128 operations.
    /// </summary>
    public const int DepthMax = 256;

    public static OperationLimits Default { get; } = new();

    /// <summary>
    /// Comparisons or operations of one branch; a nested transaction has what is left of its parent's. 128 is etcd's
    /// default (--max-txn-ops).
    /// </summary>
    public int OperationsMax { get; init; } = 128;

    /// <summary>64 KiB: keys are names; they are copied into search nodes and leases, where megabytes would hurt.</summary>
    public int KeyBytesMax { get; init; } = 64 * 1024;

    /// <summary>1.5 MiB, as much as a whole request may have by default (--max-request-bytes).</summary>
    public int ValueBytesMax { get; init; } = 1536 * 1024;
}
