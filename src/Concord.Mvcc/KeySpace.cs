namespace Concord.Mvcc;

/// <summary>
/// The multi-version key space: applies commands, one at a time, and publishes immutable views of its state.
/// </summary>
public sealed class KeySpace
{
    /// <summary>The view that <see cref="Publish"/> made last. Readers on any thread may keep and read it.</summary>
    public KeySpaceView View => throw new NotImplementedException();

    public long Revision => throw new NotImplementedException();

    public long CompactedRevision => throw new NotImplementedException();

    /// <summary>Bytes that the key space holds: keys, values and their bookkeeping.</summary>
    public long SizeBytes => throw new NotImplementedException();

    public CommandResult Apply(Command command) => throw new NotImplementedException();

    /// <summary>Makes what was applied since the last call visible to readers, in one step.</summary>
    public KeySpaceView Publish() => throw new NotImplementedException();

    /// <summary>True while a compaction has versions left to drop.</summary>
    public bool HasTrimming => throw new NotImplementedException();

    /// <summary>
    /// Drops compacted versions, at most <paramref name="versionsMax"/> in this call, so that compaction never pauses
    /// the loop. Must not run while a snapshot is written from a view.
    /// </summary>
    public void Trim(int versionsMax) => throw new NotImplementedException();
}
