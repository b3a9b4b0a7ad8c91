using Concord.Raft;
using Concord.Storage;

namespace Concord.Tests.Storage;

/// <summary>What a replica's storage should hold: the naive second implementation that judges recovery.</summary>
internal sealed record CrashModel(LogPosition Snapshot, HardState HardState, IReadOnlyList<LogEntry> Entries)
{
    public static CrashModel Empty { get; } = new(default, default, []);

    public long Last => Entries.Count > 0 ? Entries[^1].Index.Value : Snapshot.Index.Value;

    public Term TermAt(long index) => Entries.First(entry => entry.Index.Value == index).Term;

    public CrashModel Append(HardState? state, IReadOnlyList<LogEntry> entries) => this with
    {
        HardState = state ?? HardState,
        Entries = entries.Count == 0 ? Entries : [.. Entries.TakeWhile(entry => entry.Index < entries[0].Index), .. entries],
    };

    public CrashModel Adopt(LogPosition snapshot) => new(snapshot, HardState, [.. Entries.Where(entry => entry.Index > snapshot.Index)]);

    public CrashModel Install(LogPosition snapshot, HardState state) => new(snapshot, state, []);

    /// <summary>Says whether recovery found exactly this, where it may start from a newer snapshot of the same log.</summary>
    public bool Fits(StoredState found)
    {
        var start = found.Snapshot is null ? default : new LogPosition(found.Snapshot.Index, found.Snapshot.Term);
        if (start.Index < Snapshot.Index || (start.Index == Snapshot.Index && start != Snapshot))
            return false;
        if (start.Index > Snapshot.Index && !Entries.Any(entry => entry.Index == start.Index && entry.Term == start.Term))
            return false;
        return found.HardState == HardState &&
            found.Entries.Select(Sample.Describe).SequenceEqual(
                Entries.Where(entry => entry.Index > start.Index).Select(Sample.Describe));
    }
}
