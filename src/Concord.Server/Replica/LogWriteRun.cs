using System.Runtime.InteropServices;
using Concord.Raft;

namespace Concord.Server.Replica;

/// <summary>
/// Writes that continue each other and are appended to the log as one: under load a flush takes dozens of them, and each by itself
/// would be a call of the system and a sector that is filled up with nothing.
/// </summary>
internal sealed class LogWriteRun
{
    /// <summary>What is appended at once is encoded whole before it is written. A single write may be larger.</summary>
    private const int BytesMax = 1 << 20;

    /// <summary>What an entry takes besides its data, roughly: it bounds runs of empty ones.</summary>
    private const int EntryOverhead = 32;

    private readonly List<LogEntry> _entries = [];
    private int _bytes;

    /// <summary>How many writes it has.</summary>
    public int Count { get; private set; }

    /// <summary>The newest of all; null if none of them changes it.</summary>
    public HardState? HardState { get; private set; }

    public ReadOnlySpan<LogEntry> Entries => CollectionsMarshal.AsSpan(_entries);

    /// <summary>False if the write does not continue the run: it replaces what is in it, comes after a snapshot, or is too much.</summary>
    public bool TryAdd(LogWrite write)
    {
        var bytes = 0;
        foreach (var entry in write.Entries.Span)
        {
            bytes += entry.Data.Length + EntryOverhead;
        }

        if (Count > 0 && (write.Snapshot is not null || _bytes + bytes > BytesMax || !Continues(write.Entries.Span)))
        {
            return false;
        }

        _entries.AddRange(write.Entries.Span);
        _bytes += bytes;
        HardState = write.HardState ?? HardState;
        Count++;
        return true;
    }

    public void Clear()
    {
        _entries.Clear();
        (_bytes, Count, HardState) = (0, 0, null);
    }

    private bool Continues(ReadOnlySpan<LogEntry> next) => next.IsEmpty || _entries.Count == 0 || next[0].Index == _entries[^1].Index.Next;
}
