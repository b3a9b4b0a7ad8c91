using Concord.Raft;

namespace Concord.Node;

/// <summary>
/// Decides when a snapshot is due: often enough that a restart replays little, seldom enough that writing the whole state
/// again and again costs little beside the log.
/// </summary>
public sealed class SnapshotSchedule
{
    /// <summary>What an entry weighs besides its data.</summary>
    private const int EntryOverheadBytes = 32;

    private readonly NodeOptions _options;
    private long _entriesAtBegin;
    private long _bytesAtBegin;

    internal SnapshotSchedule(NodeOptions options, LogIndex last)
    {
        _options = options;
        LastIndex = last;
    }

    /// <summary>Where the last snapshot was begun.</summary>
    public LogIndex LastIndex { get; private set; }

    public bool IsRunning { get; private set; }

    /// <summary>Entries applied since the last snapshot.</summary>
    public long Entries { get; private set; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; private set; }

    /// <param name="stateBytes">The size of the state that a snapshot would write.</param>
    public bool IsDue(long stateBytes) =>
        !IsRunning
        && (Entries >= _options.SnapshotEntries || Bytes >= _options.SnapshotLogBytes)
        && Bytes >= Math.Min(stateBytes / _options.SnapshotStateShare, _options.SnapshotLogBytesMax);

    internal void Count(in LogEntry entry)
    {
        Entries++;
        Bytes += entry.Data.Length + EntryOverheadBytes;
    }

    internal void Begin(LogIndex index)
    {
        Invariant.Check(!IsRunning, "a snapshot was begun while another one is written");
        IsRunning = true;
        LastIndex = index;
        (_entriesAtBegin, _bytesAtBegin) = (Entries, Bytes);
    }

    internal void End(bool succeeded)
    {
        Invariant.Check(IsRunning, "a snapshot was ended that had not begun");
        IsRunning = false;
        if (succeeded)
        {
            Entries -= _entriesAtBegin;
            Bytes -= _bytesAtBegin;
        }
    }

    internal void Restart(LogIndex index)
    {
        LastIndex = index;
        Entries = 0;
        Bytes = 0;
        (_entriesAtBegin, _bytesAtBegin) = (0, 0);
    }
}
