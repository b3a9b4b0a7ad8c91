namespace Concord.Raft;

/// <summary>
/// The configurations that the log holds. The newest one is in force from the moment its entry is in the log, committed or
/// not (section 6), so the log alone decides: cutting the log brings back the one before, and a restart finds the same.
/// </summary>
internal sealed class MembershipHistory
{
    private readonly List<MembershipEntry> _entries = [];

    public MembershipHistory(SnapshotMetadata snapshot) => Reset(snapshot);

    public MembershipEntry Newest => _entries[^1];

    public Membership Current => _entries[^1].Membership;

    public Membership At(LogIndex index)
    {
        int i = _entries.Count - 1;
        while (i > 0 && _entries[i].Index > index)
        {
            i--;
        }

        return _entries[i].Membership;
    }

    /// <summary>Whether one of the configurations in force at <paramref name="index"/> or later is as asked.</summary>
    public bool AnySince(LogIndex index, Func<Membership, bool> predicate)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            if (predicate(_entries[i].Membership))
            {
                return true;
            }

            if (_entries[i].Index <= index)
            {
                return false;
            }
        }

        return false;
    }

    public void Append(in LogEntry entry)
    {
        var membership = MembershipCodec.Decode(entry.Data);
        Invariant.Check(membership is not null, $"the membership in entry {entry.Index} cannot be read");
        _entries.Add(new MembershipEntry(entry.Index, membership));
    }

    /// <summary>True if the newest configuration is another one than before.</summary>
    public bool TruncateFrom(LogIndex index)
    {
        int before = _entries.Count;
        while (_entries.Count > 1 && _entries[^1].Index >= index)
        {
            _entries.RemoveAt(_entries.Count - 1);
        }

        return _entries.Count < before;
    }

    /// <summary>Forgets those that only entries up to <paramref name="index"/> were under.</summary>
    public void CompactTo(LogIndex index)
    {
        int superseded = 0;
        while (superseded + 1 < _entries.Count && _entries[superseded + 1].Index <= index)
        {
            superseded++;
        }

        _entries.RemoveRange(0, superseded);
    }

    public void Reset(SnapshotMetadata snapshot)
    {
        _entries.Clear();
        _entries.Add(new MembershipEntry(snapshot.Index, snapshot.Membership));
    }
}
