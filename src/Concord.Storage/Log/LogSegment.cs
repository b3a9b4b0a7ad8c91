namespace Concord.Storage;

/// <summary>The segment that the log is written to.</summary>
internal sealed class LogSegment(IDiskFile file, SegmentHeader header, uint salt, int end) : IDisposable
{
    /// <summary>
    /// The step in which zeros are written ahead, in bytes: several flushes' worth under load, and quick enough that the one flush
    /// that takes them is hardly longer.
    /// </summary>
    private const int AheadBytes = 64 << 10;

    private static readonly byte[] Zeros = new byte[AheadBytes];

    private int _dirtyEnd = end;
    private int _writtenEnd = end;

    public SegmentName Name => header.Name;

    public long Bytes => Sector.Offset(header.CapacitySectors);

    /// <summary>How many sectors are in use.</summary>
    public int End { get; private set; } = end;

    /// <summary>How many of them are durable.</summary>
    public int Flushed { get; private set; } = end;

    /// <summary>Sectors that a batch may still take; one is kept back for the seal.</summary>
    public int Room => header.CapacitySectors - End - 1;

    /// <summary>Writes a batch behind the others, or leaves the segment as it was and throws.</summary>
    public void Append(BatchEncoder batch)
    {
        WipeFailedWrite();
        ReadOnlySpan<byte> bytes = batch.Complete(salt, End, Flushed);
        WriteAhead(End + batch.SectorCount);
        _dirtyEnd = End + batch.SectorCount;
        file.Write(bytes, Sector.Offset(End));
        End = _dirtyEnd;
    }

    public void Flush()
    {
        if (Flushed == End)
            return;
        file.Flush();
        Flushed = End;
    }

    /// <summary>Says that a next segment exists, so that its loss is noticed.</summary>
    public void Seal()
    {
        WipeFailedWrite();
        Span<byte> sector = stackalloc byte[Sector.Size];
        sector.Clear();
        Sector.Complete(sector, salt, End, Flushed, SectorPlace.First | SectorPlace.Last | SectorPlace.Seal);
        file.Write(sector, Sector.Offset(End));
        file.Flush();
    }

    /// <summary>
    /// Puts zeros where nothing valid is, and makes that durable. The words that prove a sector complete go first: power
    /// may fail in the middle of the second pass, and zeros before a proof would look like damage.
    /// </summary>
    public static void Wipe(IDiskFile file, int firstSector, int endSector)
    {
        var zeros = new byte[Math.Min(endSector - firstSector, 128) * Sector.Size];
        for (int sector = firstSector; sector < endSector; sector++)
            file.Write(zeros.AsSpan(0, Sector.ProofSize), Sector.Offset(sector) + Sector.ProofAt);
        file.Flush();
        for (int sector = firstSector; sector < endSector; sector += zeros.Length / Sector.Size)
        {
            int count = Math.Min(zeros.Length / Sector.Size, endSector - sector);
            file.Write(zeros.AsSpan(0, count * Sector.Size), Sector.Offset(sector));
        }

        file.Flush();
    }

    public void Dispose() => file.Dispose();

    // Room that is allocated and was never written makes a flush write twice: the data, and in the file's map that it is there now.
    // So zeros, which it reads as anyway, go there some flushes earlier.
    private void WriteAhead(int batchEnd)
    {
        if (batchEnd <= _writtenEnd)
            return;
        const int Step = AheadBytes / Sector.Size;
        int ahead = Math.Min(header.CapacitySectors, (batchEnd / Step + 1) * Step);
        file.Write(Zeros.AsSpan(0, (ahead - batchEnd) * Sector.Size), Sector.Offset(batchEnd));
        _writtenEnd = ahead;
    }

    // A write that failed half-way left complete sectors behind. A shorter batch written over them, and then torn by a
    // crash, could continue with one of them; so they go first, for certain.
    private void WipeFailedWrite()
    {
        if (_dirtyEnd == End)
            return;
        Wipe(file, End, _dirtyEnd);
        Flushed = End;
        _dirtyEnd = End;
    }
}
