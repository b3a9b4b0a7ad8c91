using System.Diagnostics;
using Concord.Storage;

namespace Concord.Server.Replica;

/// <summary>The moving parts of a replica: built from what the disk holds, started and stopped in the right order.</summary>
internal sealed class ReplicaEngine
{
    private readonly ReplicaStorage _storage;
    private readonly LogWriter _writer;
    private readonly SnapshotWorker _snapshots;
    private readonly ReplicaLoop _loop;
    private readonly ReplicaLog _events;
    private readonly long _started;
    private readonly int _recoveredEntries;

    private ReplicaEngine(
        ReplicaOptions options, ReplicaStorage storage, RecoveredReplica recovered, ReplicaLog events, long started)
    {
        _storage = storage;
        _events = events;
        _started = started;
        _recoveredEntries = recovered.Entries;
        var watches = new WatchHub(recovered.Node.View, options.Time, options.WatchProgressInterval);
        Shared = new(watches, recovered.Node.View, events);
        _writer = new(storage, events, options.DiskFullRetry, Shared.Inbox.Persisted, Shared.Fail);
        _snapshots = new(storage.Snapshots, _writer, events);
        _loop = new(options, recovered.Node, Shared, _writer, _snapshots, events);
    }

    public ReplicaShared Shared { get; }

    public bool IsDiskFull => _writer.IsDiskFull;

    public static ReplicaEngine Start(ReplicaOptions options, IDisk disk, ReplicaLog events, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var storage = ReplicaStorage.Open(disk, options.Identity, options.Storage, out var found);
        try
        {
            var recovered = ReplicaRecovery.Load(options, storage, found, events, cancellation);
            var engine = new ReplicaEngine(options, storage, recovered, events, started);
            engine._writer.Start();
            engine._loop.Start();
            return engine;
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    public void ReportReady()
    {
        var view = Shared.View;
        _events.Ready((long)Stopwatch.GetElapsedTime(_started).TotalMilliseconds, view.Revision, _recoveredEntries, view.SizeBytes);
    }

    /// <summary>The loop first, for it feeds the others; the disk last.</summary>
    public void Stop()
    {
        Shared.Watches.Close();
        Shared.Inbox.Stop();
        _loop.Join();
        _snapshots.Stop();
        _writer.Stop();
        Shared.Watches.Dispose();
        _storage.Dispose();
        _events.Stopped(Shared.Facts.AppliedIndex, Shared.View.Revision);
    }
}
