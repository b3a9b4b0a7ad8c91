namespace Concord.Raft;

/// <summary>
/// The log in memory, from the entry after <see cref="Base"/> on, and how far each thing has got with it:
/// <code>
///   Base ≤ Applied ≤ Applying ≤ min(Committed, Persisted)      Persisted ≤ Written ≤ Last      Committed ≤ Last
/// </code>
/// Slices handed out stay valid and unchanged for ever: appending writes only to slots that were never used, and
/// truncation and compaction, which are rare, move what remains to a new array.
/// </summary>
internal sealed class RaftLog
{
    private const int EntryOverheadBytes = 32;
    private LogEntry[] _entries;
    private int _count;

    public RaftLog(SnapshotMetadata snapshot, ReadOnlySpan<LogEntry> entries, LogIndex committed)
    {
        _entries = [];
        Snapshot = snapshot;
        (Base, BaseTerm) = (snapshot.Index, snapshot.Term);
        Applied = Applying = snapshot.Index;
        foreach (ref readonly var entry in entries)
        {
            Append(entry);
        }

        Invariant.Check(committed <= LastIndex, $"the recovered commit index {committed} lies beyond the log's end {LastIndex}");
        Committed = Max(committed, snapshot.Index);
        Written = Persisted = LastIndex;
    }

    /// <summary>The last entry that is no longer here.</summary>
    public LogIndex Base { get; private set; }

    public Term BaseTerm { get; private set; }

    /// <summary>The newest snapshot that storage holds; entries from <see cref="Base"/> to its index are kept for late followers.</summary>
    public SnapshotMetadata Snapshot { get; private set; }

    public LogIndex FirstIndex => Base.Next;

    public LogIndex LastIndex => Base + _count;

    public Term LastTerm => _count == 0 ? BaseTerm : _entries[_count - 1].Term;

    public LogIndex Committed { get; private set; }

    /// <summary>Handed to the host for writing.</summary>
    public LogIndex Written { get; private set; }

    /// <summary>Durable here, and not overwritten since.</summary>
    public LogIndex Persisted { get; private set; }

    /// <summary>Handed to the host for applying.</summary>
    public LogIndex Applying { get; private set; }

    public LogIndex Applied { get; private set; }

    public long ApplyingBytes { get; private set; }

    /// <summary>Weight of an entry against the limits in bytes; empty ones weigh something too.</summary>
    public static long Weigh(in LogEntry entry) => Weigh(entry.Data);

    public static long Weigh(ReadOnlyMemory<byte> data) => data.Length + EntryOverheadBytes;

    /// <summary>Term of an entry, the base included; null when compacted away or not there yet.</summary>
    public Term? TermAt(LogIndex index)
    {
        if (index < Base || index > LastIndex)
        {
            return null;
        }

        return index == Base ? BaseTerm : _entries[Slot(index)].Term;
    }

    public bool Holds(LogIndex index, Term term) => TermAt(index) == term;

    /// <summary>The voter's comparison (section 5.4.1): the later last term wins, then the longer log.</summary>
    public bool IsUpToDate(LogIndex lastIndex, Term lastTerm) =>
        lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= LastIndex);

    /// <summary>
    /// The greatest index not above <paramref name="index"/> whose term is not above <paramref name="term"/>: where two
    /// logs may agree, given that the other one has <paramref name="term"/> at <paramref name="index"/>.
    /// </summary>
    public (LogIndex Index, Term Term) LastNotAbove(LogIndex index, Term term)
    {
        for (; index > Base; index = index.Previous)
        {
            if (TermAt(index) is { } here && here <= term)
            {
                return (index, here);
            }
        }

        return index == Base && BaseTerm <= term ? (Base, BaseTerm) : (index, Term.Zero);
    }

    public void Append(in LogEntry entry)
    {
        Invariant.Check(entry.Index == LastIndex.Next, $"entry {entry.Index} does not follow the log's end {LastIndex}");
        Invariant.Check(entry.Term >= LastTerm, $"entry {entry.Index} has term {entry.Term} after term {LastTerm}");
        if (_count == _entries.Length)
        {
            Move(0, _count, Math.Max(64, _count * 2));
        }

        _entries[_count++] = entry;
    }

    /// <summary>Drops the entries from <paramref name="index"/> on; their durable copies count no longer.</summary>
    public void TruncateFrom(LogIndex index)
    {
        Invariant.Check(index > Committed, $"truncation at {index} would drop committed entries (commit {Committed})");
        Move(0, Slot(index), _entries.Length);
        Written = Min(Written, LastIndex);
        Persisted = Min(Persisted, LastIndex);
    }

    /// <summary>Entries from <paramref name="from"/> on: at least one if there is one, then as many as the limits allow.</summary>
    public ReadOnlyMemory<LogEntry> Slice(LogIndex from, LogIndex to, long maxBytes, long maxEntries = int.MaxValue)
    {
        if (from > to)
        {
            return default;
        }

        int start = Slot(from), end = Slot(to) + 1, next = start + 1;
        long bytes = Weigh(_entries[start]);
        while (next < end && next - start < maxEntries && (bytes += Weigh(_entries[next])) <= maxBytes)
        {
            next++;
        }

        return _entries.AsMemory(start, next - start);
    }

    public void CommitTo(LogIndex index)
    {
        Invariant.Check(index >= Committed, $"the commit index went back from {Committed} to {index}");
        Invariant.Check(index <= LastIndex, $"commit index {index} lies beyond the log's end {LastIndex}");
        Committed = index;
    }

    /// <summary>Entries for the next write, marked as handed out.</summary>
    public ReadOnlyMemory<LogEntry> TakeUnwritten()
    {
        var entries = Written < LastIndex ? Slice(Written.Next, LastIndex, long.MaxValue) : default;
        Written = LastIndex;
        return entries;
    }

    public void PersistedTo(LogIndex index)
    {
        Invariant.Check(index <= Written, $"entry {index} was reported durable but only {Written} was written");
        Persisted = Max(Persisted, index);
    }

    /// <summary>
    /// Entries ready to apply: committed and durable here, within what may be under way at once; a larger entry goes alone.
    /// </summary>
    public ReadOnlyMemory<LogEntry> TakeApplicable(long maxBytesUnderWay)
    {
        var end = Min(Committed, Persisted);
        bool room = Applying < end && (ApplyingBytes == 0 || ApplyingBytes + Weigh(this[Applying.Next]) <= maxBytesUnderWay);
        if (!room)
        {
            return default;
        }

        var entries = Slice(Applying.Next, end, maxBytesUnderWay - ApplyingBytes);
        foreach (ref readonly var entry in entries.Span)
        {
            ApplyingBytes += Weigh(entry);
        }

        Applying += entries.Length;
        return entries;
    }

    public void AppliedTo(LogIndex index)
    {
        Invariant.Check(index >= Applied && index <= Applying, $"applied {index} is not between {Applied} and {Applying}, which was handed out");
        for (var i = Max(Applied, Base).Next; i <= index; i = i.Next)
        {
            ApplyingBytes -= Weigh(_entries[Slot(i)]);
        }

        Applied = index;
    }

    /// <summary>
    /// A received snapshot takes the place of the whole log (section 7, figure 13 step 7). Nothing is durable until its
    /// write is, and <see cref="Applied"/> stays where it is until the host has loaded it.
    /// </summary>
    public void Restore(SnapshotMetadata snapshot)
    {
        Invariant.Check(snapshot.Index > Committed, $"a snapshot at {snapshot.Index} would take back the commit of {Committed}");
        _entries = [];
        _count = 0;
        Snapshot = snapshot;
        (Base, BaseTerm) = (snapshot.Index, snapshot.Term);
        Committed = Written = Applying = snapshot.Index;
        Persisted = LogIndex.Zero;
        ApplyingBytes = 0;
    }

    /// <summary>Storage holds a snapshot of the state at <paramref name="snapshot"/>; entries up to <paramref name="dropTo"/> go.</summary>
    public void Compact(SnapshotMetadata snapshot, LogIndex dropTo)
    {
        Invariant.Check(snapshot.Index <= Applied, $"a snapshot at {snapshot.Index} is ahead of what is applied ({Applied})");
        Invariant.Check(dropTo <= snapshot.Index && dropTo >= Base, $"compaction to {dropTo} is outside {Base}..{snapshot.Index}");
        Snapshot = snapshot;
        var term = TermAt(dropTo)!.Value;
        var dropped = (int)(dropTo - Base);
        if (dropped > 0)
        {
            Move(dropped, _count - dropped, Math.Max(64, (_count - dropped) * 2));
            (Base, BaseTerm) = (dropTo, term);
        }
    }

    /// <summary>How far the log may be dropped so that the last entries before a snapshot stay, within both limits.</summary>
    public LogIndex CatchUpStart(LogIndex snapshot, int maxEntries, long maxBytes)
    {
        var index = snapshot;
        for (long bytes = 0; index > Base && snapshot - index < maxEntries; index = index.Previous)
        {
            bytes += Weigh(_entries[Slot(index)]);
            if (bytes > maxBytes)
            {
                break;
            }
        }

        return index;
    }

    public LogEntry this[LogIndex index] => _entries[Slot(index)];

    public static LogIndex Min(LogIndex a, LogIndex b) => a < b ? a : b;

    public static LogIndex Max(LogIndex a, LogIndex b) => a > b ? a : b;

    private int Slot(LogIndex index)
    {
        Invariant.Check(index > Base && index <= LastIndex, $"entry {index} is outside the log {FirstIndex}..{LastIndex}");
        return (int)(index - Base) - 1;
    }

    private void Move(int start, int count, int capacity)
    {
        var moved = new LogEntry[capacity];
        Array.Copy(_entries, start, moved, 0, count);
        _entries = moved;
        _count = count;
    }
}
