namespace Concord.Storage;

/// <summary>
/// The file that becomes the next segment: allocated, empty, under a temporary name. It may be prepared on one thread
/// while another writes to the log; whoever needs it meanwhile waits for it, which is never longer than making it.
/// </summary>
internal sealed class SpareSegment(IDisk disk) : IDisposable
{
    private readonly Lock _lock = new();
    private volatile IDiskFile? _file;

    public bool IsReady => _file is not null;

    public void Prepare(long bytes)
    {
        lock (_lock)
        {
            if (_file is null)
                Allocate(bytes);
        }
    }

    /// <summary>
    /// Turns the spare file, made now if need be, into a segment with a durable header and its final name; the directory
    /// is not flushed yet. After <see cref="DiskFullException"/> no trace of it is left.
    /// </summary>
    public LogSegment Use(in SegmentHeader header, MemberIdentity identity)
    {
        lock (_lock)
        {
            long bytes = Sector.Offset(header.CapacitySectors);
            if (_file is null)
                Allocate(bytes);
            IDiskFile file = _file!;
            Span<byte> sector = stackalloc byte[Sector.Size];
            header.Write(sector, identity);
            try
            {
                if (file.Length < bytes)
                    file.Preallocate(bytes);
                file.Write(sector, 0);
                file.Flush();
                disk.Rename(SegmentName.SparePath, header.Name.Path);
            }
            catch (DiskFullException)
            {
                Discard();
                throw;
            }

            _file = null;
            return new LogSegment(file, header, Sector.Salt(identity, header.Name.Sequence), end: 1);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private void Allocate(long bytes)
    {
        _file = disk.Create(SegmentName.SparePath);
        try
        {
            _file.Preallocate(bytes);
            _file.Flush();
        }
        catch (DiskException)
        {
            Discard();
            throw;
        }
    }

    private void Discard()
    {
        _file?.Dispose();
        _file = null;
        disk.Delete(SegmentName.SparePath);
    }
}
