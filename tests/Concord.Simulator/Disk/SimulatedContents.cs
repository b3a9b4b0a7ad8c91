namespace Concord.Simulator.Disk;

/// <summary>The bytes of one file: as programs read them, and as the medium has them.</summary>
internal sealed class SimulatedContents(SimulatedDisk disk)
{
    private const int SectorSize = 512;
    private const int WordSize = 8;

    private readonly SortedSet<int> _dirtySectors = [];
    private byte[] _cache = [];
    private byte[] _medium = [];
    private int _lastWritten = -1;

    public SimulatedDisk Disk { get; } = disk;

    public int Length => _cache.Length;

    public int Read(Span<byte> buffer, long offset)
    {
        int count = (int)Math.Clamp(_cache.Length - offset, 0, buffer.Length);
        _cache.AsSpan((int)Math.Min(offset, _cache.Length), count).CopyTo(buffer);
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        int end = (int)offset + bytes.Length;
        if (end > _cache.Length)
            Array.Resize(ref _cache, end);
        bytes.CopyTo(_cache.AsSpan((int)offset));
        for (int sector = (int)offset / SectorSize; sector * SectorSize < end; sector++)
        {
            _dirtySectors.Add(sector);
            _lastWritten = sector;
        }
    }

    public void Grow(int length)
    {
        if (length > _cache.Length)
            Array.Resize(ref _cache, length);
    }

    public void Flush()
    {
        Array.Resize(ref _medium, _cache.Length);
        foreach (int sector in _dirtySectors)
            CopySector(sector, SectorSize, _medium);
        _dirtySectors.Clear();
    }

    /// <summary>The cache believes that it has written what it has not.</summary>
    public void Forget() => _dirtySectors.Clear();

    public void Change(long offset, Action<Span<byte>> change, int count = 1)
    {
        change(_cache.AsSpan((int)offset, count));
        if (offset + count <= _medium.Length)
            _cache.AsSpan((int)offset, count).CopyTo(_medium.AsSpan((int)offset));
    }

    public void Cut(long length)
    {
        Array.Resize(ref _cache, (int)length);
        Array.Resize(ref _medium, (int)Math.Min(length, _medium.Length));
    }

    /// <summary>The same, with what is not flushed still not flushed.</summary>
    public SimulatedContents CopyTo(SimulatedDisk disk)
    {
        var copy = new SimulatedContents(disk) { _cache = [.. _cache], _medium = [.. _medium], _lastWritten = _lastWritten };
        copy._dirtySectors.UnionWith(_dirtySectors);
        return copy;
    }

    /// <summary>
    /// A sector is written whole or not at all, except the one that was written last: power may fail while its bytes are
    /// still being copied, so a first part of it may be new. The length is the old or the new one.
    /// </summary>
    public SimulatedContents AfterCrash(Random random, CrashLoss loss, SimulatedDisk disk)
    {
        byte[] result = [.. _medium];
        if (loss == CrashLoss.Nothing || (loss == CrashLoss.Random && random.Next(2) == 0))
            Array.Resize(ref result, _cache.Length);
        int lostPercent = loss switch
        {
            CrashLoss.Nothing => 0,
            CrashLoss.Everything => 100,
            _ => random.Next(5) * 25,
        };
        foreach (int sector in _dirtySectors)
        {
            bool kept = random.Next(100) >= lostPercent;
            if (kept)
                CopySector(sector, SectorSize, result);
            else if (loss == CrashLoss.Random && sector == _lastWritten)
                CopySector(sector, random.Next(SectorSize / WordSize) * WordSize, result);
        }

        return new SimulatedContents(disk) { _cache = result, _medium = [.. result] };
    }

    private void CopySector(int sector, int count, byte[] target)
    {
        int start = sector * SectorSize;
        count = Math.Min(count, Math.Min(_cache.Length, target.Length) - start);
        if (count > 0)
            _cache.AsSpan(start, count).CopyTo(target.AsSpan(start));
    }
}
