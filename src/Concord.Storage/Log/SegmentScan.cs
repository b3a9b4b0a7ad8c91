using System.Runtime.CompilerServices;

namespace Concord.Storage;

/// <summary>
/// Reads one segment and decides, for whatever in it is not a whole batch, between "a crash can have left this" and
/// "this was promised and has changed". docs/design/0002-log-format.md has the argument.
/// </summary>
internal sealed class SegmentScan
{
    private readonly SectorReader _sectors;
    private readonly SegmentHeader _header;
    private readonly uint _salt;
    private readonly LogReplay _replay;
    private byte[] _payload = new byte[4096];
    private int _flushed = 1;

    private SegmentScan(SectorReader sectors, SegmentHeader header, uint salt, LogReplay replay)
    {
        _sectors = sectors;
        _header = header;
        _salt = salt;
        _replay = replay;
    }

    /// <summary>How many sectors are in use.</summary>
    public int End { get; private set; } = 1;

    /// <summary>Behind the last sector that is not empty; more than <see cref="End"/> when there is a torn tail.</summary>
    public int DirtyEnd { get; private set; } = 1;

    private int Limit => Math.Min(_header.CapacitySectors, _sectors.Count);

    /// <summary>Reads a segment that another one follows: every sector before <paramref name="end"/> was durable.</summary>
    public static void ReadSealed(IDiskFile file, SegmentHeader header, uint salt, int end, LogReplay replay)
    {
        var scan = new SegmentScan(new SectorReader(file), header, salt, replay);
        while (scan.End < end)
        {
            if (scan.TryReadBatch() is { } problem)
                throw scan.Damaged(scan.End, $"{problem} The next segment says that {end} sectors were written here.");
        }
    }

    /// <summary>Reads the segment that was being written.</summary>
    public static SegmentScan ReadLast(IDiskFile file, SegmentHeader header, uint salt, LogReplay replay)
    {
        var scan = new SegmentScan(new SectorReader(file), header, salt, replay);
        string? problem = null;
        while (problem is null && scan.End < scan.Limit)
            problem = scan.TryReadBatch();
        scan.ExamineTail(problem);
        return scan;
    }

    /// <summary>Applies the batch at <see cref="End"/> and steps over it, or returns why there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private string? TryReadBatch()
    {
        int payload = 0;
        for (int sector = End; sector < Limit; sector++)
        {
            ReadOnlySpan<byte> bytes = _sectors[sector];
            SectorState state = Sector.Examine(bytes, _salt, sector);
            if (state != SectorState.Valid)
                return $"sector {sector} is {Describe(state)}.";
            SectorPlace place = Sector.Place(bytes);
            if (place.HasFlag(SectorPlace.Seal))
                throw Damaged(sector, "the segment was sealed, so a next one existed, but there is none (or it says otherwise).");
            if (place.HasFlag(SectorPlace.First) != (sector == End))
                return $"sector {sector} does not belong to the batch that starts at sector {End}.";
            Take(bytes[..Sector.PayloadSize], payload);
            payload += Sector.PayloadSize;
            _flushed = Math.Max(_flushed, Sector.Flushed(bytes));
            if (!place.HasFlag(SectorPlace.Last))
                continue;
            if (_replay.Apply(_payload.AsSpan(0, payload)) is { } problem)
                throw Damaged(End, $"in the batch of sectors {End} to {sector}, {problem}");
            End = DirtyEnd = sector + 1;
            return null;
        }

        return "the last batch does not end within the file.";
    }

    /// <summary>
    /// Everything from <see cref="End"/> on must be the remains of writes that were never flushed; the file must show
    /// where it ends.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ExamineTail(string? problem)
    {
        for (int sector = End; sector < Limit; sector++)
        {
            ReadOnlySpan<byte> bytes = _sectors[sector];
            SectorState state = Sector.Examine(bytes, _salt, sector);
            if (state == SectorState.Empty)
                continue;
            DirtyEnd = sector + 1;
            if (state == SectorState.Damaged)
                throw Damaged(sector, $"sector {sector} was written completely and has changed since.");
            if (state == SectorState.Valid)
                _flushed = Math.Max(_flushed, Sector.Flushed(bytes));
        }

        if (_flushed > End)
            throw Damaged(End, $"{problem} Later sectors prove that {_flushed} sectors were durable, so this is no torn write.");
        // Sectors are written in order, so an empty one proves that nothing durable followed it. In a shorter file that
        // proof may be gone.
        if (_sectors.Count < _header.CapacitySectors && DirtyEnd >= Limit)
            throw Damaged(
                _sectors.Count,
                $"the file ends after {_sectors.Count} sectors of {_header.CapacitySectors}, and the log may have gone on there.");
    }

    private void Take(ReadOnlySpan<byte> bytes, int at)
    {
        if (_payload.Length < at + bytes.Length)
            Array.Resize(ref _payload, 2 * _payload.Length);
        bytes.CopyTo(_payload.AsSpan(at));
    }

    private StorageDamagedException Damaged(int sector, string found) =>
        new(_header.Name.Path, Sector.Offset(sector), found);

    private static string Describe(SectorState state) => state switch
    {
        SectorState.Empty => "empty",
        SectorState.Torn => "half written",
        _ => "damaged (its checksum is wrong)",
    };
}
