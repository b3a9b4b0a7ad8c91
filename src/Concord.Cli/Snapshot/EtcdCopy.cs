using Concord.EtcdBackend;
using Concord.Mvcc;

namespace Concord.Cli.Snapshot;

/// <summary>A database of etcd that a copy was given as.</summary>
internal sealed class EtcdCopy : IDisposable
{
    private readonly FileStream _stream;
    private readonly BackendFile _file;

    private EtcdCopy(FileStream stream)
    {
        _stream = stream;
        _file = new(stream);
    }

    public bool HasHash => _file.HasHash;

    public long FileBytes => _stream.Length;

    /// <summary>The copy if the file is a database of etcd, damaged or not; else null.</summary>
    public static EtcdCopy? TryOpen(SnapshotPath path)
    {
        var name = Path.Combine(path.Directory, path.Name);
        if (!File.Exists(name))
        {
            return null;
        }

        var stream = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1);
        if (BackendFile.Recognizes(stream))
        {
            return new(stream);
        }

        stream.Dispose();
        return null;
    }

    /// <exception cref="CommandException">The file is not what was written.</exception>
    public void CheckHash(Progress progress, CancellationToken stop)
    {
        if (!_file.HashIsRight(bytes => progress.Show(bytes, _file.Length), stop))
        {
            throw Damaged("The file is not what etcd wrote: its hash is another.");
        }
    }

    /// <exception cref="CommandException">The file is damaged or no such database.</exception>
    public (BackendReader Database, HistoryBuilder History) Read(Progress progress, CancellationToken stop) => Guard(() =>
    {
        var database = _file.Open();
        return (database, database.ReadHistory(bytes => progress.Show(bytes, _file.Length), stop));
    });

    /// <summary>Damage anywhere becomes one error.</summary>
    public static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException error)
        {
            throw Damaged(error.Message);
        }
    }

    public void Dispose() => _stream.Dispose();

    private static CommandException Damaged(string found) => new(
        ExitCode.Failure, $"The copy of etcd's database is damaged: {found}", "Take another copy with 'etcdctl snapshot save'.")
    { Code = "damaged" };
}
