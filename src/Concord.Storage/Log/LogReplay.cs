using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// What the records of a log amount to, applied in order. It knows the entries from <see cref="Start"/> to
/// <see cref="Last"/>; entry i replaces i and everything after it.
/// </summary>
/// <param name="dataAfter">Entries up to this one are checked like the others, but their data is not kept.</param>
internal sealed class LogReplay(in SegmentHeader first, LogIndex dataAfter)
{
    private readonly List<LogEntry> _entries = [];

    public uint Chain { get; private set; } = first.Chain;

    public HardState HardState { get; private set; } = first.HardState;

    public LogPosition Snapshot { get; private set; } = first.Snapshot;

    /// <summary>The index of the first entry known; one more than <see cref="Last"/> when there is none.</summary>
    public LogIndex Start { get; private set; } = first.Name.FirstIndex;

    public LogIndex Last => Start + (_entries.Count - 1);

    /// <summary>Entries up to here are known without their data.</summary>
    public LogIndex DataAfter { get; } = dataAfter;

    public bool Holds(LogPosition position) =>
        position.Index >= Start && position.Index <= Last && _entries[IndexOf(position.Index)].Term == position.Term;

    public List<LogEntry> EntriesAfter(LogIndex index) => index >= Last ? [] : _entries[IndexOf(index.Next)..];

    /// <summary>Applies the records of one batch. Returns what is wrong with them, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string? Apply(ReadOnlySpan<byte> payload)
    {
        while (payload.Length > 0)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(payload);
            if (length == 0)
                return payload.ContainsAnyExcept((byte)0) ? "there are bytes after the last record of a batch." : null;
            if (length < LogRecord.PositionSize || length > LogRecord.EntryHeadSize + LogRecord.DataBytesMax ||
                length > payload.Length - LogRecord.FrameSize)
                return $"a record has the impossible length {length}.";
            ReadOnlySpan<byte> body = payload.Slice(LogRecord.FrameSize, length);
            uint chain = Crc32C.Append(Crc32C.Append(Chain, payload[..4]), body);
            if (chain != BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]))
                return "a record does not continue the checksum of the record before it: one is missing, doubled or misplaced.";
            Chain = chain;
            if (ApplyRecord(body) is { } problem)
                return problem;
            payload = payload[Math.Min(payload.Length, LogRecord.PaddedSize(length))..];
        }

        return null;
    }

    private string? ApplyRecord(ReadOnlySpan<byte> body)
    {
        switch ((RecordKind)body[0])
        {
            case RecordKind.Entry:
                return ApplyEntry(LogRecord.ReadEntryHead(body), body[LogRecord.EntryHeadSize..]);
            case RecordKind.HardState when body.Length == LogRecord.HardStateSize:
                HardState = LogRecord.ReadHardState(body);
                return null;
            case RecordKind.Snapshot when body.Length == LogRecord.PositionSize:
                Snapshot = LogRecord.ReadPosition(body);
                return null;
            case RecordKind.Reset when body.Length == LogRecord.PositionSize:
                Snapshot = LogRecord.ReadPosition(body);
                _entries.Clear();
                Start = Snapshot.Index.Next;
                return null;
            default:
                return $"a record has the unknown kind {body[0]} with {body.Length} bytes.";
        }
    }

    private string? ApplyEntry(LogEntry entry, ReadOnlySpan<byte> data)
    {
        if (entry.Index > Last.Next || entry.Index.Value <= 0)
            return $"entry {entry.Index} follows entry {Last}; those between are missing.";
        if (entry.Index <= Start)
        {
            _entries.Clear();
            Start = entry.Index;
        }
        else
        {
            int kept = IndexOf(entry.Index);
            _entries.RemoveRange(kept, _entries.Count - kept);
        }

        _entries.Add(entry.Index > DataAfter ? entry with { Data = data.ToArray() } : entry);
        return null;
    }

    private int IndexOf(LogIndex index) => (int)(index - Start);
}
