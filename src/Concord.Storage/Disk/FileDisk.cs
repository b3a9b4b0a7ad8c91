using Microsoft.Win32.SafeHandles;

namespace Concord.Storage;

/// <summary>A data directory on a file system.</summary>
public sealed class FileDisk : IDisk
{
    /// <summary>Creates the directory when it does not exist, readable by this user only.</summary>
    public FileDisk(string root)
    {
        Root = Path.GetFullPath(root);
        Guard("create directory", Root, () => CreateFlushed(Root));
    }

    public string Root { get; }

    public long FreeBytes => Guard("ask for free space of", Root, () => new DriveInfo(Root).AvailableFreeSpace);

    /// <summary>Readable by this user only, also outside a data directory: a copy of the state holds every value.</summary>
    public IDiskFile Create(string path) => new FileDiskFile(path, Guard("create", Full(path), () =>
    {
        SafeFileHandle handle = File.OpenHandle(Full(path), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return handle;
    }));

    public IDiskFile Open(string path, bool writable) => new FileDiskFile(path, Guard("open", Full(path), () =>
        File.OpenHandle(
            Full(path),
            FileMode.Open,
            writable ? FileAccess.ReadWrite : FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete)));

    public bool Exists(string path) => File.Exists(Full(path));

    public IReadOnlyList<string> List(string directory) => Guard("list", Full(directory), () =>
        Directory.EnumerateFiles(Full(directory)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToArray());

    public void CreateDirectory(string directory) =>
        Guard("create directory", Full(directory), () => CreateFlushed(Full(directory)));

    public void Rename(string from, string to) =>
        Guard("rename", Full(from), () => File.Move(Full(from), Full(to), overwrite: true));

    public void Delete(string path) => Guard("delete", Full(path), () => File.Delete(Full(path)));

    public void FlushDirectory(string directory) => FlushFullDirectory(Full(directory));

    public IDisposable Lock(string path)
    {
        try
        {
            // An exclusive share is an advisory lock (flock) on Unix; the system drops it with the process.
            return File.OpenHandle(Full(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new DiskInUseException(
                $"Could not lock the data directory '{Root}': another process uses it ({error.Message}) " +
                "Stop that process, or give this one a data directory of its own.", error);
        }
        catch (Exception error) when (DiskErrors.IsEnvironmental(error))
        {
            throw DiskErrors.From("lock", Full(path), error);
        }
    }

    private static void CreateFlushed(string fullPath)
    {
        if (Directory.Exists(fullPath))
            return;
        string? parent = Path.GetDirectoryName(fullPath);
        if (parent is not null)
            CreateFlushed(parent);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(fullPath);
        else
            Directory.CreateDirectory(fullPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (parent is not null)
            FlushFullDirectory(parent);
    }

    // Elsewhere than on Linux a rename is as durable as the file system's own journal makes it.
    private static void FlushFullDirectory(string fullPath)
    {
        if (Posix.IsAvailable && Posix.FlushDirectory(fullPath) is var error and not 0)
            throw DiskErrors.FailedFlush("flush directory", fullPath, error);
    }

    private string Full(string path) => Path.Combine(Root, path);

    private static void Guard(string operation, string fullPath, Action action) => Guard(operation, fullPath, () =>
    {
        action();
        return true;
    });

    private static T Guard<T>(string operation, string fullPath, Func<T> function)
    {
        try
        {
            return function();
        }
        catch (Exception error) when (DiskErrors.IsEnvironmental(error))
        {
            throw DiskErrors.From(operation, fullPath, error);
        }
    }

    private sealed class FileDiskFile(string path, SafeFileHandle handle) : IDiskFile
    {
        public string Path => path;

        public long Length
        {
            get
            {
                try
                {
                    return RandomAccess.GetLength(handle);
                }
                catch (IOException error)
                {
                    throw DiskErrors.From("ask for the length of", path, error);
                }
            }
        }

        public int Read(Span<byte> buffer, long offset)
        {
            try
            {
                int total = 0;
                while (total < buffer.Length && RandomAccess.Read(handle, buffer[total..], offset + total) is var count and > 0)
                    total += count;
                return total;
            }
            catch (IOException error)
            {
                throw DiskErrors.From("read", path, error);
            }
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            try
            {
                RandomAccess.Write(handle, bytes, offset);
            }
            catch (IOException error)
            {
                throw DiskErrors.From("write", path, error);
            }
        }

        public void Preallocate(long length)
        {
            if (Posix.IsAvailable)
            {
                if (Posix.Allocate(handle, length) is var number and not 0)
                    throw DiskErrors.From("allocate room for", path, number);
                return;
            }

            try
            {
                if (RandomAccess.GetLength(handle) < length)
                    RandomAccess.SetLength(handle, length);
            }
            catch (IOException error)
            {
                throw DiskErrors.From("allocate room for", path, error);
            }
        }

        public void Flush()
        {
            if (Posix.IsAvailable)
            {
                if (Posix.FlushData(handle) is var number and not 0)
                    throw DiskErrors.FailedFlush("flush", path, number);
                return;
            }

            try
            {
                RandomAccess.FlushToDisk(handle);
            }
            catch (IOException error)
            {
                throw new DiskException($"Could not flush '{path}': {error.Message}", error);
            }
        }

        public void Dispose() => handle.Dispose();
    }
}
