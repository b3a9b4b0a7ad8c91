using Concord.Raft;

namespace Concord.Storage;

/// <summary>Whether snapshots are whole. The newest is read from the start on, if somebody wants its content anyway.</summary>
internal sealed class SnapshotCheck
{
    private readonly SnapshotStore _store;
    private readonly SnapshotMetadata? _underWay;
    private readonly Action? _wait;

    public SnapshotCheck(SnapshotStore store, IReadOnlyList<LogPosition> files, SnapshotReading? reading)
    {
        _store = store;
        if (reading is null || files.Count == 0)
            return;
        try
        {
            SnapshotReader newest = store.Open(files[0]);
            _underWay = newest.Metadata;
            _wait = reading(newest);
        }
        catch (StorageDamagedException)
        {
            // Found again, and judged, when it is this file's turn.
        }
    }

    /// <exception cref="StorageDamagedException">It is damaged.</exception>
    public SnapshotMetadata Verify(LogPosition position)
    {
        if (_underWay is null || position != new LogPosition(_underWay.Index, _underWay.Term))
            return _store.Verify(position);
        _wait!();
        return _underWay;
    }
}
