using System.Diagnostics;
using Concord.Raft;
using Concord.Storage;

namespace Concord.Server.Replica;

/// <summary>
/// The thread that waits for the disk, so that no turn of the replica does: ticks, heartbeats and reads go on while a
/// flush is slow. Takes all writes that wait, appends them and flushes once.
/// </summary>
internal sealed class LogWriter
{
    /// <summary>A flush that takes longer is worth a line: the disk is what limits this replica.</summary>
    private static readonly TimeSpan SlowFlush = TimeSpan.FromSeconds(1);

    private readonly ReplicaStorage _storage;
    private readonly LogStore _log;
    private readonly ReplicaLog _events;
    private readonly TimeSpan _retryInterval;
    private readonly ReplicaMetrics _metrics;
    private readonly ReplicaInbox _inbox;
    private readonly Action<IReadOnlyList<RaftMessage>> _send;
    private readonly Action<Exception> _failed;
    private readonly Thread _thread;

    private readonly object _lock = new();
    private readonly Queue<LogWrite> _waiting = new();
    private readonly Queue<Action> _jobs = new();
    private bool _isStopping;
    private volatile bool _isDiskFull;
    private int _isPreparing;

    // Of the thread alone.
    private readonly Queue<LogWrite> _writes = new();
    private readonly LogWriteRun _run = new();
    private readonly List<RaftMessage> _promises = [];

    /// <param name="send">Sends messages that waited for their write. Called on the writer's thread: they take no detour.</param>
    /// <param name="inbox">Is told on the writer's thread of every flush: that it begins, and what is durable after it.</param>
    /// <param name="failed">Called once, when nothing more can be written.</param>
    public LogWriter(
        ReplicaStorage storage,
        ReplicaLog events,
        ReplicaOptions options,
        Action<IReadOnlyList<RaftMessage>> send,
        ReplicaInbox inbox,
        Action<Exception> failed)
    {
        _storage = storage;
        _log = storage.Log;
        _events = events;
        _retryInterval = options.DiskFullRetry;
        _metrics = options.Metrics;
        _send = send;
        _inbox = inbox;
        _failed = failed;
        _thread = new Thread(Run) { IsBackground = true, Name = "concord log" };
    }

    /// <summary>True while the disk has no room for what waits.</summary>
    public bool IsDiskFull => _isDiskFull;

    private bool HasWaiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count > 0 || _jobs.Count > 0;
            }
        }
    }

    public void Start() => _thread.Start();

    public void Write(LogWrite write)
    {
        lock (_lock)
        {
            _waiting.Enqueue(write);
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>
    /// A snapshot file is durable: the log names it from now on, and what it covers goes. Done before waiting writes, because
    /// it makes room. <paramref name="done"/> runs on the writer's thread and is told whether it was adopted.
    /// </summary>
    public void Adopt(LogPosition snapshot, Action<bool> done)
    {
        lock (_lock)
        {
            _jobs.Enqueue(() => AdoptNow(snapshot, done));
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Ends the thread after everything that waits is durable.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isStopping = true;
            Monitor.Pulse(_lock);
        }

        _thread.Join();
    }

    private void Run()
    {
        try
        {
            while (Take())
            {
                WriteAll();
            }
        }
#pragma warning disable CA1031 // Whatever it is, a replica that cannot write must not look alive.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _failed(error);
        }
    }

    /// <summary>Waits for something to do and does the jobs; false when it is time to end.</summary>
    private bool Take()
    {
        while (true)
        {
            Action? job;
            lock (_lock)
            {
                while (_jobs.Count == 0 && _waiting.Count == 0 && _writes.Count == 0 && !_isStopping)
                {
                    Monitor.Wait(_lock);
                }

                while (_waiting.TryDequeue(out var write))
                {
                    _writes.Enqueue(write);
                }

                if (!_jobs.TryDequeue(out job))
                {
                    // On a full disk there is no point in waiting at the end: what waits was not acknowledged.
                    return _writes.Count > 0 && !(_isStopping && _isDiskFull);
                }
            }

            job();
        }
    }

    private void WriteAll()
    {
        ulong last = 0;
        var isRoomMade = false;
        var started = Stopwatch.GetTimestamp();
        try
        {
            while (_writes.Count > 0)
            {
                for (var appended = AppendRun(); appended > 0; appended--)
                {
                    var write = _writes.Dequeue();
                    last = write.Sequence;
                    _promises.AddRange(write.SendAfter);
                }
            }

            if (_isDiskFull)
            {
                _isDiskFull = false;
                _events.DiskHasRoomAgain();
            }
        }
        catch (DiskFullException error)
        {
            if (!_isDiskFull)
            {
                _isDiskFull = true;
                _events.DiskFull(error.Message);
                isRoomMade = TryMakeRoom();
            }
        }

        if (last != 0)
        {
            _inbox.FlushBegins();
            Flush(started);
            if (_promises.Count > 0)
            {
                _send(_promises);
                _promises.Clear();
            }

            _inbox.Persisted(last, HasWaiting);
            PrepareSegment();
        }

        if (_isDiskFull && !isRoomMade)
        {
            WaitForRoom();
        }
    }

    /// <summary>Appends the first write and those that continue it; tells how many.</summary>
    private int AppendRun()
    {
        _run.Clear();
        foreach (var write in _writes)
        {
            if (!_run.TryAdd(write))
            {
                break;
            }
        }

        var first = _writes.Peek();
        if (first.Snapshot is { } snapshot)
        {
            _storage.InstallSnapshot(new(snapshot.Index, snapshot.Term), first.HardState ?? _log.HardState);
        }

        _log.Append(_run.HardState, _run.Entries);
        return _run.Count;
    }

    /// <param name="began">When the writes that are flushed began.</param>
    private void Flush(long began)
    {
        if (!_log.HasUnflushed)
        {
            return;
        }

        var started = Stopwatch.GetTimestamp();
        _log.Flush();
        var ended = Stopwatch.GetTimestamp();
        var took = Stopwatch.GetElapsedTime(started, ended);
        _metrics.LogWrite.Record(Stopwatch.GetElapsedTime(began, started).TotalSeconds);
        _metrics.LogFlush.Record(took.TotalSeconds);
        _metrics.LogCommit.Record(Stopwatch.GetElapsedTime(began, ended).TotalSeconds);
        _metrics.LogBytes.Set(_log.WrittenBytes);
        if (took > SlowFlush)
        {
            _events.SlowFlush((long)took.TotalMilliseconds);
        }
    }

    private void WaitForRoom()
    {
        lock (_lock)
        {
            if (_jobs.Count == 0 && !_isStopping)
            {
                Monitor.Wait(_lock, _retryInterval);
            }
        }
    }

    private void AdoptNow(LogPosition snapshot, Action<bool> done)
    {
        try
        {
            _storage.AdoptSnapshot(snapshot);
        }
        catch (DiskFullException error)
        {
            _events.SnapshotFailed(error.Message);
            done(false);
            return;
        }

        done(true);
    }

    /// <summary>The log is cut down to what the newest snapshot needs; true if that removed anything.</summary>
    private bool TryMakeRoom()
    {
        try
        {
            return _storage.RemoveFallback() > 0;
        }
        catch (StorageDamagedException error)
        {
            // Then the older snapshot is worth more than room.
            _events.SnapshotDamaged(error.Message);
            return false;
        }
    }

    /// <summary>Makes the next segment while nobody needs it, on a thread that may wait.</summary>
    private void PrepareSegment()
    {
        if (!_log.NeedsSegment || Interlocked.Exchange(ref _isPreparing, 1) != 0)
        {
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static writer =>
            {
                try
                {
                    writer._log.PrepareSegment();
                }
                catch (DiskException error)
                {
                    // An early warning only: the append that needs the segment tries again and decides.
                    writer._events.CannotPrepareSegment(error.Message);
                }
                catch (StorageFailedException)
                {
                    // The writer's thread had the same and has reported it.
                }
                finally
                {
                    Volatile.Write(ref writer._isPreparing, 0);
                }
            },
            this,
            preferLocal: false);
    }
}
