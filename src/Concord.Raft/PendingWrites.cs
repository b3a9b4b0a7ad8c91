namespace Concord.Raft;

/// <summary>
/// Writes that were handed to the host and are not reported durable yet. This is where the stale-acknowledgement (ABA)
/// trap is closed:
/// <code>
///   1. term 1: entries 5..7 are handed out as write 10.
///   2. term 2: a new leader overwrites 6; entries 6..7 of term 2 are handed out as write 11.
///   3. write 10 is reported durable.
/// </code>
/// Taken by index, the report would make 7 durable, but the durable 6 and 7 are not the entries that are in the log now,
/// and an acknowledgement of them would be a false promise — also when a later leader brings the first entries back.
/// So a report names the write, never an index; numbers are never used again; and truncation cuts every pending write
/// to what still holds: after step 2, write 10 is worth 5.
/// </summary>
internal sealed class PendingWrites
{
    private readonly record struct Pending(ulong Sequence, LogIndex LastIndex, HardState? HardState, SnapshotMetadata? Snapshot);

    private readonly List<Pending> _writes = [];
    private ulong _issued;
    private ulong _durable;

    public bool Any => _writes.Count > 0;

    /// <summary>Sequence of the oldest write under way; 0 if there is none.</summary>
    public ulong Oldest => Any ? _writes[0].Sequence : 0;

    public ulong Issue(LogIndex lastIndex, HardState? hardState, SnapshotMetadata? snapshot)
    {
        _writes.Add(new Pending(++_issued, lastIndex, hardState, snapshot));
        return _issued;
    }

    /// <summary>The log was cut after <paramref name="last"/>.</summary>
    public void CutTo(LogIndex last)
    {
        for (int i = 0; i < _writes.Count; i++)
        {
            if (_writes[i].LastIndex > last)
            {
                _writes[i] = _writes[i] with { LastIndex = last };
            }
        }
    }

    /// <summary>A snapshot took the log's place: entries of pending writes count no longer.</summary>
    public void ForgetEntries() => CutTo(LogIndex.Zero);

    /// <summary>All writes up to <paramref name="sequence"/> are durable; what became so by that.</summary>
    public DurableState Complete(ulong sequence)
    {
        Invariant.Check(sequence <= _issued, $"write {sequence} was reported durable but only {_issued} were issued");
        var result = default(DurableState);
        if (sequence <= _durable)
        {
            return result;
        }

        int done = (int)(sequence - _durable);
        for (int i = 0; i < done; i++)
        {
            var write = _writes[i];
            result = new DurableState(
                RaftLog.Max(result.LastIndex, write.LastIndex),
                write.HardState ?? result.HardState,
                write.Snapshot ?? result.Snapshot);
        }

        _writes.RemoveRange(0, done);
        _durable = sequence;
        return result;
    }
}

/// <param name="LastIndex">Entries up to here are durable and in the log; zero if no entries were written.</param>
internal readonly record struct DurableState(LogIndex LastIndex, HardState? HardState, SnapshotMetadata? Snapshot);
