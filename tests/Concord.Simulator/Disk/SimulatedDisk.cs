using Concord.Storage;

namespace Concord.Simulator.Disk;

/// <summary>
/// A data directory in memory that behaves like a real one in the ways that lose data: written bytes, lengths and names
/// are in a cache until they are flushed, and a crash takes any part of the cache, sector by sector and name by name.
/// One seed, one behaviour. Not for use by several threads.
/// </summary>
public sealed class SimulatedDisk : IDisk
{
    private readonly Random _random;
    private readonly SortedDictionary<string, SimulatedDirectory> _directories = new(StringComparer.Ordinal);
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);

    public SimulatedDisk(int seed)
    {
        _random = new Random(seed);
        _directories[""] = new SimulatedDirectory();
    }

    public DiskFaults Faults { get; init; } = new();

    /// <summary>Bytes that all files together may have.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    public long UsedBytes => _directories.Values.Sum(directory => directory.UsedBytes);

    public long FreeBytes => Math.Max(0, CapacityBytes - UsedBytes);

    /// <summary>How many operations that change something were begun.</summary>
    public int Operations { get; private set; }

    /// <summary>True when the simulator should let flushes of this disk take long. The disk itself knows no time.</summary>
    public bool IsSlow { get; set; }

    /// <summary>How often a file or directory was flushed.</summary>
    public int Flushes { get; private set; }

    public IDiskFile Create(string path)
    {
        Begin($"create '{path}'");
        (SimulatedDirectory directory, string name) = Split(path);
        if (directory.Names.ContainsKey(name))
            throw new DiskException($"Could not create '{path}': it exists.");
        var contents = new SimulatedContents(this);
        directory.Set(name, contents);
        return new SimulatedFile(path, contents, writable: true);
    }

    public IDiskFile Open(string path, bool writable)
    {
        ThrowIfCrashed();
        return new SimulatedFile(path, Find(path), writable);
    }

    public bool Exists(string path)
    {
        ThrowIfCrashed();
        (SimulatedDirectory directory, string name) = Split(path);
        return directory.Names.ContainsKey(name);
    }

    public IReadOnlyList<string> List(string directory)
    {
        ThrowIfCrashed();
        return [.. Directory(directory).Names.Keys];
    }

    /// <remarks>Directories are made once, at the first start; their names do not get lost here.</remarks>
    public void CreateDirectory(string directory)
    {
        ThrowIfCrashed();
        if (!_directories.ContainsKey(directory))
        {
            Begin($"create directory '{directory}'");
            _directories[directory] = new SimulatedDirectory();
        }
    }

    public void Rename(string from, string to)
    {
        Begin($"rename '{from}'");
        (SimulatedDirectory directory, string oldName) = Split(from);
        (SimulatedDirectory target, string newName) = Split(to);
        if (directory != target)
            throw new DiskException($"Could not rename '{from}' to '{to}': the directories differ.");
        directory.Rename(oldName, newName, Find(from));
    }

    public void Delete(string path)
    {
        Begin($"delete '{path}'");
        (SimulatedDirectory directory, string name) = Split(path);
        directory.Remove(name);
    }

    public void FlushDirectory(string directory)
    {
        Begin($"flush directory '{directory}'");
        if (NextFlushFails())
        {
            Directory(directory).Forget();
            throw new DiskException($"Could not flush directory '{directory}': input/output error.");
        }

        Directory(directory).Flush();
    }

    public IDisposable Lock(string path)
    {
        ThrowIfCrashed();
        return _locks.Add(path)
            ? new Releaser(() => _locks.Remove(path))
            : throw new DiskInUseException("Could not lock the data directory: another process uses it.");
    }

    /// <summary>
    /// What a machine finds that lost its power now and started again. This disk is not changed, so that several outcomes
    /// of the same moment can be looked at.
    /// </summary>
    public SimulatedDisk CloneAfterCrash(int seed, CrashLoss loss = CrashLoss.Random)
    {
        SimulatedDisk clone = CloneEmpty(seed);
        Func<SimulatedContents, SimulatedContents> copy = OncePerFile(file => file.AfterCrash(clone._random, loss, clone));
        foreach ((string path, SimulatedDirectory directory) in _directories)
            clone._directories[path] = directory.AfterCrash(clone._random, loss, copy);
        return clone;
    }

    /// <summary>What a process finds that was killed and started again: the cache is still there, and still not flushed.</summary>
    public SimulatedDisk CloneAfterKill(int seed)
    {
        SimulatedDisk clone = CloneEmpty(seed);
        Func<SimulatedContents, SimulatedContents> copy = OncePerFile(file => file.CopyTo(clone));
        foreach ((string path, SimulatedDirectory directory) in _directories)
            clone._directories[path] = directory.Copy(copy);
        return clone;
    }

    /// <summary>Turns one bit of a file over, in the cache and on the medium.</summary>
    public void FlipBit(string path, long offset, int bit) => Find(path).Change(offset, bytes => bytes[0] ^= (byte)(1 << bit));

    /// <summary>Lets bytes of a file appear in another place as well, as a write to a wrong address does.</summary>
    public void Misdirect(string fromPath, long from, string toPath, long to, int count)
    {
        var bytes = new byte[count];
        Find(fromPath).Read(bytes, from);
        Find(toPath).Change(to, target => bytes.CopyTo(target), count);
    }

    /// <summary>Cuts a file, in the cache and on the medium.</summary>
    public void Cut(string path, long length) => Find(path).Cut(length);

    /// <summary>Removes a file, for certain.</summary>
    public void Lose(string path)
    {
        (SimulatedDirectory directory, string name) = Split(path);
        directory.Remove(name);
        directory.Flush();
    }

    public byte[] Contents(string path)
    {
        SimulatedContents contents = Find(path);
        var bytes = new byte[contents.Length];
        contents.Read(bytes, 0);
        return bytes;
    }

    internal void Begin(string operation)
    {
        ThrowIfCrashed();
        Operations++;
        if (Operations == Faults.CrashAtOperation)
        {
            Faults.Crashed = true;
            throw new SimulatedCrashException(operation);
        }
    }

    internal bool NextFlushFails() => Faults.TakeFlushFailure(++Flushes);

    internal void ThrowIfCrashed()
    {
        if (Faults.Crashed)
            throw new SimulatedCrashException("go on after the crash");
    }

    private SimulatedDisk CloneEmpty(int seed) => new(seed) { CapacityBytes = CapacityBytes, IsSlow = IsSlow };

    // Several names, on the medium and in the cache, may stand for one file.
    private static Func<SimulatedContents, SimulatedContents> OncePerFile(Func<SimulatedContents, SimulatedContents> copy)
    {
        var copies = new Dictionary<SimulatedContents, SimulatedContents>();
        return file => copies.TryGetValue(file, out SimulatedContents? known) ? known : copies[file] = copy(file);
    }

    private SimulatedContents Find(string path)
    {
        (SimulatedDirectory directory, string name) = Split(path);
        return directory.Names.TryGetValue(name, out SimulatedContents? contents)
            ? contents
            : throw new DiskException($"Could not open '{path}': it does not exist.");
    }

    private (SimulatedDirectory Directory, string Name) Split(string path)
    {
        int slash = path.LastIndexOf('/');
        return (Directory(slash < 0 ? "" : path[..slash]), path[(slash + 1)..]);
    }

    private SimulatedDirectory Directory(string path) => _directories.TryGetValue(path, out SimulatedDirectory? directory)
        ? directory
        : throw new DiskException($"Could not find the directory '{path}'.");

    private sealed class Releaser(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}
