using Concord.Simulator.Disk;
using Concord.Storage;

namespace Concord.Tests.Replica;

/// <summary>
/// A simulated disk for the threads of a real replica: one operation at a time, and flushes that a test can hold up.
/// </summary>
internal sealed class SharedDisk(SimulatedDisk disk) : IDisk
{
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _flushesGo = new(initialState: true);

    public long FreeBytes => Locked(() => disk.FreeBytes);

    /// <summary>Calls that wrote to any file.</summary>
    public int Writes { get; private set; }

    public void HoldFlushes() => _flushesGo.Reset();

    public void LetFlushesGo() => _flushesGo.Set();

    public void Change(Action<SimulatedDisk> change) => Locked(() =>
    {
        change(disk);
        return true;
    });

    public SharedDisk AfterCrash(int seed, CrashLoss loss) => new(Locked(() => disk.CloneAfterCrash(seed, loss)));

    public IDiskFile Create(string path) => new SharedFile(this, Locked(() => disk.Create(path)));

    public IDiskFile Open(string path, bool writable) => new SharedFile(this, Locked(() => disk.Open(path, writable)));

    public bool Exists(string path) => Locked(() => disk.Exists(path));

    public IReadOnlyList<string> List(string directory) => Locked(() => disk.List(directory));

    public void CreateDirectory(string directory) => Change(d => d.CreateDirectory(directory));

    public void Rename(string from, string to) => Change(d => d.Rename(from, to));

    public void Delete(string path) => Change(d => d.Delete(path));

    public void FlushDirectory(string directory) => Change(d => d.FlushDirectory(directory));

    public IDisposable Lock(string path) => Locked(() => disk.Lock(path));

    private T Locked<T>(Func<T> operation)
    {
        lock (_lock)
        {
            return operation();
        }
    }

    private sealed class SharedFile(SharedDisk owner, IDiskFile file) : IDiskFile
    {
        public string Path => file.Path;

        public long Length => owner.Locked(() => file.Length);

        public int Read(Span<byte> buffer, long offset)
        {
            lock (owner._lock)
            {
                return file.Read(buffer, offset);
            }
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            lock (owner._lock)
            {
                owner.Writes++;
                file.Write(bytes, offset);
            }
        }

        public void Preallocate(long length)
        {
            lock (owner._lock)
            {
                file.Preallocate(length);
            }
        }

        public void Flush()
        {
            owner._flushesGo.Wait();
            lock (owner._lock)
            {
                file.Flush();
            }
        }

        public void Dispose()
        {
            lock (owner._lock)
            {
                file.Dispose();
            }
        }
    }
}
