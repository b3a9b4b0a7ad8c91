using Concord.Raft;
using Concord.Storage;

namespace Concord.Simulator.Hosts;

/// <summary>
/// What the server's log writer thread does, as events: takes all writes that wait, appends them, flushes once, lets the
/// promises leave and reports. Time passes between append and flush, so that a crash finds writes in the cache.
/// </summary>
internal sealed class DiskWorker(HostProcess process, ReplicaStorage storage)
{
    /// <summary>How often a full disk is tried again, in microseconds.</summary>
    private const long FullRetry = 200_000;

    private readonly Queue<LogWrite> _waiting = new();
    private readonly Queue<LogWrite> _appended = new();
    private readonly Queue<Action> _jobs = new();
    private bool _isBusy;

    public bool IsFull { get; private set; }

    /// <summary>Handed over by the core, not durable yet, oldest first.</summary>
    public IEnumerable<LogWrite> Undurable => _appended.Concat(_waiting);

    public int AppendedCount => _appended.Count;

    private SimulatedHost Host => process.Host;

    public void Write(LogWrite write)
    {
        _waiting.Enqueue(write);
        Kick();
    }

    /// <summary>Before waiting writes, because it makes room.</summary>
    public void Adopt(LogPosition snapshot, Action<bool> done)
    {
        _jobs.Enqueue(() =>
        {
            try
            {
                storage.AdoptSnapshot(snapshot);
            }
            catch (DiskFullException)
            {
                done(false);
                return;
            }

            // What was appended before it became durable with it, but is reported by its own flush.
            if (_waiting.Count == 0)
                Host.Durable.CompactTo(snapshot);
            done(true);
        });
        Kick();
    }

    private void Kick()
    {
        if (_isBusy)
            return;
        _isBusy = true;
        process.After(Host.DiskDelay(), Work);
    }

    private void Work()
    {
        if (_jobs.TryDequeue(out var job))
        {
            process.Guard(job);
            Next();
            return;
        }

        process.Guard(AppendAll);
        if (!process.IsAlive)
            return;
        if (_appended.Count == 0)
        {
            Next();
            return;
        }

        if (!Host.Rules.FlushesBeforePromising)
            Promise(flush: false);
        process.After(Host.FlushDelay(), () => process.Guard(Flush));
    }

    private void AppendAll()
    {
        try
        {
            while (_waiting.TryPeek(out var waiting))
            {
                var write = Host.Rules.ToDisk(waiting);
                if (write.Snapshot is { } snapshot)
                    storage.InstallSnapshot(new(snapshot.Index, snapshot.Term), write.HardState ?? storage.Log.HardState);
                storage.Log.Append(write.HardState, write.Entries.Span);
                _appended.Enqueue(_waiting.Dequeue());
            }

            IsFull = false;
        }
        catch (DiskFullException)
        {
            if (!IsFull)
            {
                IsFull = true;
                MakeRoom();
            }
        }
    }

    private void MakeRoom()
    {
        try
        {
            storage.RemoveFallback();
        }
        catch (StorageDamagedException)
        {
            // Then the older snapshot is worth more than room.
        }
    }

    private void Flush()
    {
        if (storage.Log.HasUnflushed)
            storage.Log.Flush();
        if (Host.Rules.FlushesBeforePromising)
            Promise(flush: true);
        else
            MarkDurable();
        if (storage.Log.NeedsSegment)
        {
            try
            {
                storage.Log.PrepareSegment();
            }
            catch (DiskException)
            {
                // An early warning only, as in the server: the append that needs the segment tries again and decides (seed 1202499).
            }
        }

        Next();
    }

    private void MarkDurable()
    {
        while (_appended.TryDequeue(out var write))
            Host.Durable.Apply(Host.Rules.ToDisk(write));
    }

    private void Promise(bool flush)
    {
        LogWrite[] writes = [.. _appended];
        if (flush)
            MarkDurable();
        foreach (var write in writes)
        {
            foreach (var message in write.SendAfter)
                process.Send(message);
        }

        ulong last = writes[^1].Sequence;
        process.Persisted(Host.Rules.Persisted(last, _waiting.Count > 0 ? _waiting.Last().Sequence : last));
    }

    private void Next()
    {
        _isBusy = false;
        if (_jobs.Count > 0)
            Kick();
        else if (IsFull)
            Retry();
        else if (_waiting.Count > 0)
            Kick();
    }

    private void Retry()
    {
        _isBusy = true;
        process.After(FullRetry, Work);
    }
}
