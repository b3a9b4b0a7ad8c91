using Concord.Storage;

namespace Concord.Simulator.Disk;

/// <summary>An open file of a <see cref="SimulatedDisk"/>; it stays usable when the file is renamed or deleted.</summary>
internal sealed class SimulatedFile(string path, SimulatedContents contents, bool writable) : IDiskFile
{
    private bool _disposed;

    public string Path => path;

    public long Length
    {
        get
        {
            ThrowIfUnusable();
            return contents.Length;
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        ThrowIfUnusable();
        return contents.Read(buffer, offset);
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        ThrowIfReadOnly();
        SimulatedDisk disk = contents.Disk;
        int crashedBefore = disk.Operations + 1;
        if (crashedBefore == disk.Faults.CrashAtOperation)
            contents.Write(bytes, offset); // the power fails while this is in the cache
        disk.Begin($"write '{path}'");
        if (disk.Faults.FailNextWrite)
        {
            disk.Faults.FailNextWrite = false;
            throw new DiskException($"Could not write '{path}': input/output error.");
        }

        int room = Room(bytes.Length, offset);
        contents.Write(bytes[..room], offset);
        if (room < bytes.Length)
            throw new DiskFullException($"Could not write '{path}': no space left on device.");
    }

    public void Preallocate(long length)
    {
        ThrowIfReadOnly();
        contents.Disk.Begin($"allocate room for '{path}'");
        if (length - contents.Length > contents.Disk.FreeBytes)
            throw new DiskFullException($"Could not allocate room for '{path}': no space left on device.");
        contents.Grow((int)length);
    }

    public void Flush()
    {
        ThrowIfReadOnly();
        contents.Disk.Begin($"flush '{path}'");
        if (contents.Disk.NextFlushFails())
        {
            contents.Forget();
            throw new DiskException($"Could not flush '{path}': input/output error.");
        }

        contents.Flush();
    }

    public void Dispose() => _disposed = true;

    private int Room(int count, long offset)
    {
        if (contents.Disk.Faults.FullInNextWriteAfter is { } limit)
        {
            contents.Disk.Faults.FullInNextWriteAfter = null;
            return Math.Min(count, limit);
        }

        long growth = offset + count - contents.Length;
        return growth <= contents.Disk.FreeBytes ? count : (int)Math.Max(0, count - (growth - contents.Disk.FreeBytes));
    }

    private void ThrowIfReadOnly()
    {
        ThrowIfUnusable();
        if (!writable)
            throw new InvalidOperationException($"'{path}' is open for reading only.");
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        contents.Disk.ThrowIfCrashed();
    }
}
