namespace Concord.Storage;

/// <summary>Reads a segment front to back, a sector at a time, through a window.</summary>
internal sealed class SectorReader(IDiskFile file)
{
    private const int WindowSectors = 2048;

    private readonly byte[] _window = new byte[Math.Min(WindowSectors * Sector.Size, file.Length)];
    private int _first;
    private int _count;

    /// <summary>Whole sectors in the file.</summary>
    public int Count { get; } = (int)Math.Min(file.Length / Sector.Size, int.MaxValue);

    public ReadOnlySpan<byte> this[int sector]
    {
        get
        {
            if (sector < _first || sector >= _first + _count)
                Fill(sector);
            return _window.AsSpan((sector - _first) * Sector.Size, Sector.Size);
        }
    }

    private void Fill(int sector)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sector, Count);
        _first = sector;
        _count = file.Read(_window, Sector.Offset(sector)) / Sector.Size;
        if (_count == 0)
            throw new DiskException($"Could not read '{file.Path}' at byte {Sector.Offset(sector)}: the file became shorter.");
    }
}
