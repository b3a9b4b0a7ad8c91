using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// The durable log of one replica: entries, hard state, and which snapshot they follow. <see cref="Append"/> hands a batch
/// to the operating system, <see cref="Flush"/> makes everything appended so far durable; nothing may be promised to
/// anyone before that. One caller at a time, except for <see cref="PrepareSegment"/>.
/// </summary>
/// <remarks>
/// After <see cref="DiskFullException"/> the log is as it was before the call, and the call may be made again later.
/// After <see cref="StorageFailedException"/> every call throws it again.
/// </remarks>
public sealed class LogStore : IDisposable
{
    /// <summary>
    /// Room at the end of a segment that entries may not take. On a full disk the replica still has to remember votes,
    /// terms and finished snapshots, because removing the segments before a snapshot is what makes room again.
    /// </summary>
    private const int ReserveBytes = 256 << 10;

    /// <summary>Small segments (in tests) keep at most this part as reserve.</summary>
    private const int ReserveShare = 16;

    /// <summary>Bounds the buffer. Callers bound their batches far below, for latency.</summary>
    private const int BatchBytesMax = 64 << 20;

    private readonly IDisk _disk;
    private readonly MemberIdentity _identity;
    private readonly StorageOptions _options;
    private readonly SpareSegment _spare;
    private readonly BatchEncoder _batch = new();
    private readonly List<SegmentName> _sealed;
    private LogSegment _segment;
    private uint _chain;
    private StorageFailedException? _failure;

    internal LogStore(IDisk disk, MemberIdentity identity, StorageOptions options, LogSegment segment, LogTail tail)
    {
        _disk = disk;
        _identity = identity;
        _options = options;
        _segment = segment;
        _sealed = [.. tail.SealedSegments];
        _spare = new SpareSegment(disk);
        _chain = tail.Chain;
        LastIndex = tail.LastIndex;
        HardState = tail.HardState;
        Snapshot = tail.Snapshot;
    }

    /// <summary>The last entry appended, durable or not.</summary>
    public LogIndex LastIndex { get; private set; }

    /// <summary>The hard state appended last.</summary>
    public HardState HardState { get; private set; }

    /// <summary>The newest snapshot that the log names; index 0 before the first.</summary>
    public LogPosition Snapshot { get; private set; }

    public int SegmentCount => _sealed.Count + 1;

    /// <summary>Bytes handed to the operating system since the log was opened, whole sectors.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>True when something was appended since the last flush.</summary>
    public bool HasUnflushed => _segment.Flushed != _segment.End;

    /// <summary>
    /// True when the segment is more than half full and no next one is ready: a good time for
    /// <see cref="PrepareSegment"/>. Ignoring it is safe; the append that needs the segment then makes it.
    /// </summary>
    public bool NeedsSegment => !_spare.IsReady && _segment.Room < _options.SegmentBytes / Sector.Size / 2;

    /// <summary>
    /// Appends the hard state and entries as one batch, which a crash leaves whole or not at all. The first entry may
    /// have an index that the log has already: it and everything after it are replaced.
    /// </summary>
    public void Append(HardState? hardState, ReadOnlySpan<LogEntry> entries)
    {
        ThrowIfFailed();
        if (hardState is null && entries.IsEmpty)
            return;
        CheckEntries(entries);
        int payload = hardState is null ? 0 : LogRecord.PaddedSize(LogRecord.HardStateSize);
        payload += EntryBytes(entries);
        Begin(payload, entries.Length > 0);
        if (hardState is { } state)
            _batch.Add(state);
        foreach (ref readonly LogEntry entry in entries)
            _batch.Add(entry);
        Write();
        HardState = hardState ?? HardState;
        if (entries.Length > 0)
            LastIndex = entries[^1].Index;
    }

    /// <summary>
    /// Remembers that a snapshot of entries in this log is durable in its file. Flush before
    /// <see cref="DropBefore"/> takes entries that only the snapshot has.
    /// </summary>
    public void RecordSnapshot(LogPosition snapshot)
    {
        ThrowIfFailed();
        if (snapshot.Index <= Snapshot.Index || snapshot.Index > LastIndex)
            throw new ArgumentException(
                $"The snapshot at {snapshot} must lie after the one at {Snapshot} and not after the last entry {LastIndex}.",
                nameof(snapshot));
        Begin(LogRecord.PaddedSize(LogRecord.PositionSize), hasEntries: false);
        _batch.Add(RecordKind.Snapshot, snapshot);
        Write();
        Snapshot = snapshot;
    }

    /// <summary>
    /// Replaces the whole log by a snapshot from another member, which is durable in its file. The next entry is the one
    /// after the snapshot. The hard state becomes durable in the same step.
    /// </summary>
    public void ResetTo(LogPosition snapshot, HardState hardState)
    {
        ThrowIfFailed();
        if (snapshot.Index <= Snapshot.Index)
            throw new ArgumentException($"The snapshot at {snapshot} must lie after the one at {Snapshot}.", nameof(snapshot));
        Begin(
            LogRecord.PaddedSize(LogRecord.PositionSize) + LogRecord.PaddedSize(LogRecord.HardStateSize), hasEntries: false);
        _batch.Add(RecordKind.Reset, snapshot);
        _batch.Add(hardState);
        Write();
        Snapshot = snapshot;
        LastIndex = snapshot.Index;
        HardState = hardState;
    }

    /// <summary>Makes everything appended so far durable. A failure is final.</summary>
    public void Flush()
    {
        ThrowIfFailed();
        try
        {
            _segment.Flush();
        }
        catch (DiskException error)
        {
            throw Fail("flush the log", error);
        }
    }

    /// <summary>
    /// Allocates the next segment ahead of need, so that no append waits for it. May run beside the other calls, on
    /// another thread. <see cref="DiskFullException"/> here is an early warning: appends go on until the segment is full.
    /// </summary>
    public void PrepareSegment()
    {
        ThrowIfFailed();
        _spare.Prepare(_options.SegmentBytes);
    }

    /// <summary>
    /// Removes the segments that hold only entries before <paramref name="index"/>, which must be covered by the snapshot
    /// that the log names and that is flushed. Returns how many.
    /// </summary>
    public int DropBefore(LogIndex index)
    {
        ThrowIfFailed();
        if (index > Snapshot.Index.Next || HasUnflushed)
            throw new InvalidOperationException(
                $"Entries before {index} may go only when a durable snapshot covers them; the log names the one at " +
                $"{Snapshot}{(HasUnflushed ? " and has unflushed records" : "")}.");
        int dropped = 0;
        while (_sealed.Count > 0 && (_sealed.Count > 1 ? _sealed[1] : _segment.Name).FirstIndex <= index)
        {
            _disk.Delete(_sealed[0].Path);
            _sealed.RemoveAt(0);
            dropped++;
        }

        if (dropped > 0)
            FlushDirectory();
        return dropped;
    }

    public void Dispose()
    {
        _spare.Dispose();
        _segment.Dispose();
    }

    /// <summary>Makes the first segment of a new log and returns it.</summary>
    internal static LogSegment CreateFirst(IDisk disk, MemberIdentity identity, StorageOptions options)
    {
        var header = new SegmentHeader(
            new SegmentName(1, new LogIndex(1)), (int)(options.SegmentBytes / Sector.Size), 0, 0, default, default);
        using var spare = new SpareSegment(disk);
        LogSegment segment = spare.Use(header, identity);
        disk.FlushDirectory(SegmentName.Directory);
        return segment;
    }

    /// <summary>Names an older snapshot again, because a newer one cannot be read.</summary>
    internal void FallBackTo(LogPosition snapshot)
    {
        Begin(LogRecord.PaddedSize(LogRecord.PositionSize), hasEntries: false);
        _batch.Add(RecordKind.Snapshot, snapshot);
        Write();
        Snapshot = snapshot;
        Flush();
    }

    private static int EntryBytes(ReadOnlySpan<LogEntry> entries)
    {
        long total = 0;
        foreach (ref readonly LogEntry entry in entries)
            total += LogRecord.PaddedSize(LogRecord.EntryHeadSize + entry.Data.Length);
        return total <= BatchBytesMax
            ? (int)total
            : throw new ArgumentException($"A batch of {total} bytes is over the limit of {BatchBytesMax}; append it in parts.");
    }

    private void CheckEntries(ReadOnlySpan<LogEntry> entries)
    {
        if (entries.IsEmpty)
            return;
        LogIndex expected = entries[0].Index;
        if (expected <= Snapshot.Index || expected > LastIndex.Next)
            throw new ArgumentException(
                $"The first entry {expected} must follow the snapshot at {Snapshot.Index} and leave no gap after {LastIndex}.");
        foreach (ref readonly LogEntry entry in entries)
        {
            if (entry.Index != expected)
                throw new ArgumentException($"Entries must be consecutive: {entry.Index} stands where {expected} should.");
            if (entry.Data.Length > LogRecord.DataBytesMax)
                throw new ArgumentException(
                    $"Entry {entry.Index} has {entry.Data.Length} bytes; the limit is {LogRecord.DataBytesMax}.");
            expected = expected.Next;
        }
    }

    private void Begin(int payloadBytes, bool hasEntries)
    {
        int sectors = BatchEncoder.Sectors(payloadBytes);
        int reserve = ReserveSectors(_options.SegmentBytes);
        if (_segment.Room < sectors + (hasEntries ? reserve : 0))
            Roll(sectors + reserve);
        _batch.Begin(_chain, payloadBytes);
    }

    private void Write()
    {
        try
        {
            _segment.Append(_batch);
        }
        catch (DiskException error) when (error is not DiskFullException)
        {
            throw Fail("write to the log", error);
        }

        _chain = _batch.Chain;
        WrittenBytes += _batch.SectorCount * Sector.Size;
    }

    private static int ReserveSectors(long segmentBytes) =>
        (int)(Math.Min(ReserveBytes, segmentBytes / ReserveShare) / Sector.Size);

    /// <summary>
    /// Goes on in a new segment. The order is what recovery relies on: the old segment is durable before the new one
    /// exists, and the new one exists for certain before the old one says so and before anything is written to it.
    /// </summary>
    private void Roll(int sectorsNeeded)
    {
        Flush();
        const int HeaderAndSeal = 2;
        int capacity = Math.Max((int)(_options.SegmentBytes / Sector.Size), HeaderAndSeal + sectorsNeeded);
        var header = new SegmentHeader(
            new SegmentName(_segment.Name.Sequence + 1, LastIndex.Next), capacity, _segment.End, _chain, HardState, Snapshot);
        LogSegment next;
        try
        {
            next = _spare.Use(header, _identity);
        }
        catch (DiskException error) when (error is not DiskFullException)
        {
            throw Fail("start a segment of the log", error);
        }

        using LogSegment old = _segment;
        _sealed.Add(old.Name);
        _segment = next;
        FlushDirectory();
        try
        {
            old.Seal();
        }
        catch (DiskException error)
        {
            throw Fail("seal a segment of the log", error);
        }
    }

    private void FlushDirectory()
    {
        try
        {
            _disk.FlushDirectory(SegmentName.Directory);
        }
        catch (DiskException error)
        {
            throw Fail("flush the log's directory", error);
        }
    }

    private StorageFailedException Fail(string action, DiskException error) => _failure = new StorageFailedException(
        $"Could not {action}, so what is on the disk is in doubt and nothing more may be promised. Stop this process; check " +
        $"the disk; on restart the log is read from the disk again. {error.Message}", error);

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
            throw new StorageFailedException(failure.Message, failure);
    }
}
