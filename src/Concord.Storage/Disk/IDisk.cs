namespace Concord.Storage;

/// <summary>
/// The data directory of one replica. Paths are relative to it, with '/' between names. Every member throws
/// <see cref="DiskException"/> (or <see cref="DiskFullException"/>) when the operating system reports an error, and
/// blocks until the operation is done: callers own their threads.
/// </summary>
/// <remarks>
/// What a power loss may undo, and so what callers must flush: written bytes until <see cref="IDiskFile.Flush"/> of the
/// file; created, renamed and deleted names until <see cref="FlushDirectory"/> of their directory.
/// </remarks>
public interface IDisk
{
    /// <summary>Bytes that can still be allocated; a hint, others may use them first.</summary>
    long FreeBytes { get; }

    /// <summary>Creates a file for reading and writing; a file of that name must not exist.</summary>
    IDiskFile Create(string path);

    /// <summary>Opens an existing file.</summary>
    IDiskFile Open(string path, bool writable);

    bool Exists(string path);

    /// <summary>The names of the files in a directory, without its path, in ordinal order.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Creates a directory (and flushes its parent) unless it exists.</summary>
    void CreateDirectory(string directory);

    /// <summary>Renames a file within its directory in one step, replacing what had the new name.</summary>
    void Rename(string from, string to);

    void Delete(string path);

    /// <summary>
    /// Makes the names in a directory durable; "" is the data directory itself. Errors as in <see cref="IDiskFile.Flush"/>.
    /// </summary>
    void FlushDirectory(string directory);

    /// <summary>
    /// Takes the exclusive right to the data directory until the result is disposed or the process ends; throws
    /// <see cref="DiskInUseException"/> when another process has it.
    /// </summary>
    IDisposable Lock(string path);
}
