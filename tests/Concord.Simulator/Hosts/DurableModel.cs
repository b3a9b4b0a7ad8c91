using Concord.Raft;
using Concord.Simulator.Runs;
using Concord.Storage;

namespace Concord.Simulator.Hosts;

/// <summary>
/// What a member's disk must hold whatever happens: every write whose flush was reported, applied as a reader of the log
/// would. The judge of what recovery finds, and of what the member may have promised.
/// </summary>
internal sealed class DurableModel
{
    private readonly List<LogEntry> _entries = [];

    public HardState HardState { get; private set; }

    /// <summary>What stands for the entries before the first one kept here.</summary>
    public LogPosition Base { get; private set; }

    public LogIndex Last => Base.Index + _entries.Count;

    public Term? TermAt(LogIndex index) =>
        index == Base.Index ? Base.Term
        : index > Base.Index && index <= Last ? _entries[(int)(index - Base.Index) - 1].Term
        : null;

    public LogEntry EntryAt(LogIndex index) => _entries[(int)(index - Base.Index) - 1];

    public void Apply(LogWrite write)
    {
        if (write.Snapshot is { } snapshot)
        {
            Base = new(snapshot.Index, snapshot.Term);
            _entries.Clear();
        }

        if (!write.Entries.IsEmpty)
        {
            int from = (int)(write.Entries.Span[0].Index - Base.Index) - 1;
            if (from < 0 || from > _entries.Count)
                throw new SimulationFailedException($"a write begins at entry {write.Entries.Span[0].Index}, the disk holds {Base.Index}..{Last}");
            _entries.RemoveRange(from, _entries.Count - from);
            _entries.AddRange(write.Entries.Span);
        }

        HardState = write.HardState ?? HardState;
    }

    /// <summary>A snapshot stands for the entries up to it, so they need not be there any more.</summary>
    public void CompactTo(LogPosition snapshot)
    {
        if (snapshot.Index <= Base.Index || TermAt(snapshot.Index) is null)
            return;
        _entries.RemoveRange(0, (int)(snapshot.Index - Base.Index));
        Base = snapshot;
    }

    public DurableModel Copy()
    {
        var copy = new DurableModel { HardState = HardState, Base = Base };
        copy._entries.AddRange(_entries);
        return copy;
    }

    /// <summary>
    /// Compares with what was found on the disk; null if it is the same. The commit index in the hard state is a hint
    /// and not compared.
    /// </summary>
    public string? DifferenceTo(StoredState found)
    {
        if (found.HardState.Term != HardState.Term || found.HardState.Vote != HardState.Vote)
            return $"hard state {found.HardState} instead of {HardState}";
        var foundBase = found.Snapshot?.Index ?? LogIndex.Zero;
        var last = foundBase + found.Entries.Count;
        if (last != Last)
            return $"the log ends at {last} instead of {Last}";
        if (foundBase >= Base.Index && TermAt(foundBase) is { } term && found.Snapshot is { } snapshot && snapshot.Term != term)
            return $"a snapshot of term {snapshot.Term} at entry {foundBase}, which has term {term}";
        foreach (var entry in found.Entries)
        {
            if (entry.Index <= Base.Index)
                continue;
            var expected = EntryAt(entry.Index);
            if (expected.Term != entry.Term || expected.Kind != entry.Kind || !expected.Data.Span.SequenceEqual(entry.Data.Span))
                return $"another entry {entry.Index} (term {entry.Term} instead of {expected.Term})";
        }

        return null;
    }
}
