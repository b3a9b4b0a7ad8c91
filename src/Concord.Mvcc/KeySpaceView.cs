namespace Concord.Mvcc;

/// <summary>An immutable state of the key space at one revision, readable from any thread without a lock.</summary>
public sealed class KeySpaceView
{
    public long Revision => throw new NotImplementedException();

    public long CompactedRevision => throw new NotImplementedException();

    /// <summary>Reads a range; the error is <see cref="StoreError.None"/> and the result not null, or the reverse.</summary>
    public StoreError Range(RangeOperation range, out RangeResult? result) => throw new NotImplementedException();

    /// <summary>The newest version of one key, or null.</summary>
    public KeyVersion? Get(ReadOnlySpan<byte> key) => throw new NotImplementedException();

    /// <summary>Evaluates a transaction that only reads.</summary>
    public CommandResult Read(TransactionOperation transaction) => throw new NotImplementedException();

    /// <summary>
    /// Appends to <paramref name="changes"/> the changes of <paramref name="range"/> from <paramref name="fromRevision"/>
    /// on, in order, whole revisions only, until <paramref name="changesMax"/> is reached or the view ends. Returns the
    /// first revision not looked at (Revision + 1 at the end), or 0 when <paramref name="fromRevision"/> is below the
    /// compaction.
    /// </summary>
    public long ReadChanges(KeyRange range, long fromRevision, int changesMax, List<KeyVersion> changes) => throw new NotImplementedException();

    /// <summary>The version before a change, or null if there was none or compaction took it.</summary>
    public KeyVersion? Before(KeyVersion change) => throw new NotImplementedException();

    /// <summary>The granted TTL in seconds, or null for a lease that does not exist.</summary>
    public long? LeaseTtl(LeaseId lease) => throw new NotImplementedException();

    public IReadOnlyList<LeaseId> Leases() => throw new NotImplementedException();

    /// <summary>The keys attached to a lease, in key order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> LeaseKeys(LeaseId lease) => throw new NotImplementedException();
}
