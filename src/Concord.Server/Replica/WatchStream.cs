using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Concord.Mvcc;

namespace Concord.Server.Replica;

/// <summary>
/// Many watches read in one order by one reader. Bounded in memory: a reader that falls behind is caught up from
/// history, and a watch overtaken by compaction is cancelled; no event is lost silently.
/// </summary>
/// <remarks>
/// Notices wait in one queue. When it is full, the hub gives the stream nothing more: the watch that did not fit is
/// "behind" and remembers its next revision. History is read by the reader itself, on its own thread, when it has
/// taken everything of that watch that was queued before: a slow reader costs neither memory nor anybody else's time,
/// and nobody polls. When a watch has reached the present it joins the hub's groups again.
/// <para>Locks: the hub's is taken before the stream's, never the other way round.</para>
/// </remarks>
public sealed class WatchStream : IDisposable
{
    /// <summary>Notices taken from the queue between two pieces of history, so that neither starves the other.</summary>
    private const int LiveBurst = 32;

    /// <summary>Changes taken from history at once: a message of some size, not of any size.</summary>
    private const int HistoryChangesMax = 1000;

    private readonly WatchHub _hub;
    private readonly Lock _gate = new();
    private readonly Queue<WatchNotice> _waiting = new();
    private readonly Dictionary<long, Watch> _watches = [];
    private readonly Queue<Watch> _behind = new();
    private readonly WakeSignal _arrival;
    private readonly WakeSignal _room;
    private Func<Exception>? _closed;
    private long _taken;
    private int _burst;
    private long _lowestFree;

    internal WatchStream(WatchHub hub)
    {
        _hub = hub;
        _arrival = new(_gate);
        _room = new(_gate);
    }

    /// <summary>How many watches the stream has.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _watches.Count;
            }
        }
    }

    internal (int Behind, int Waiting) State
    {
        get
        {
            lock (_gate)
            {
                return (_watches.Values.Count(static watch => watch.Phase == WatchPhase.Behind), _waiting.Count);
            }
        }
    }

    /// <summary>
    /// Adds a watch; its <see cref="WatchNotice.Created"/> comes before anything else of it. A range that no key can be in
    /// never gets an event.
    /// </summary>
    /// <param name="watchId">The caller's number, or null to be given the lowest free one.</param>
    /// <returns>The number, or null if it is taken (nothing was added).</returns>
    public long? Create(WatchOptions options, long? watchId = null) => _hub.Create(this, options, watchId);

    /// <summary>Ends a watch; false if there is none. Its <see cref="WatchNotice.Canceled"/> is the last notice of it.</summary>
    public bool Cancel(long watchId) => _hub.Cancel(this, watchId);

    /// <summary>
    /// Puts a <see cref="WatchNotice.Refused"/> behind what the stream holds, so that a caller's answer to a request it
    /// turned down itself does not overtake the answers to earlier ones.
    /// </summary>
    public void Refuse(string reason)
    {
        lock (_gate)
        {
            Queue(new WatchNotice.Refused(_hub.View.Revision, reason));
        }
    }

    /// <summary>Asks for one <see cref="WatchNotice.Progress"/> of the whole stream, given only if every watch is caught up.</summary>
    public void RequestProgress() => _hub.RequestProgress(this);

    /// <summary>
    /// Completes when the reader has kept up. A caller that creates and cancels watches on somebody's behalf waits here
    /// first, because their confirmations are queued whatever the reader does. One caller at a time.
    /// </summary>
    public ValueTask WaitForRoomAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_closed is not null || !IsFull)
            {
                return ValueTask.CompletedTask;
            }

            _room.Arm();
        }

        return _room.WaitAsync(cancellation);
    }

    /// <summary>The next notice, in order. One reader at a time.</summary>
    /// <exception cref="ReplicaException">The server stops.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<WatchNotice> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (TryRead(out var notice))
            {
                return notice;
            }

            lock (_gate)
            {
                if (_waiting.Count > 0 || _behind.Count > 0 || _closed is not null)
                {
                    continue;
                }

                _arrival.Arm();
            }

            await _arrival.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Adds the notices that there are now until <paramref name="notices"/> has <paramref name="max"/>: a sender takes the lock once
    /// for many.
    /// </summary>
    public void TryRead(List<WatchNotice> notices, int max)
    {
        while (notices.Count < max)
        {
            Watch? behind;
            lock (_gate)
            {
                behind = NextBehindInTurn();
                if (behind is null && !TryTake(notices, max))
                {
                    return;
                }
            }

            if (behind is not null && CatchUp(behind) is { } history)
            {
                notices.Add(history);
            }
        }
    }

    /// <summary>The next notice if there is one now.</summary>
    public bool TryRead([MaybeNullWhen(false)] out WatchNotice notice)
    {
        while (true)
        {
            Watch? behind;
            lock (_gate)
            {
                behind = NextBehindInTurn();
                if (behind is null)
                {
                    return TryTake(out notice);
                }
            }

            if (CatchUp(behind) is { } history)
            {
                notice = history;
                return true;
            }
        }
    }

    public void Dispose()
    {
        _hub.Close(this, static () => new ObjectDisposedException(nameof(WatchStream)));
        lock (_gate)
        {
            _waiting.Clear();
        }
    }

    // ---- for the hub, which holds its lock ----

    /// <summary>Adds a watch and queues its confirmation; null when the number is taken.</summary>
    internal Watch? Add(WatchOptions options, long? watchId, long next, long revision)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            if (watchId is { } wanted && _watches.ContainsKey(wanted))
            {
                return null;
            }

            var id = watchId ?? LowestFree();
            var watch = new Watch(this, id, options, next);
            _watches.Add(id, watch);
            Queue(new WatchNotice.Created(id, revision));
            return watch;
        }
    }

    /// <summary>Takes a watch out and queues the notice that ends it; null if there is none.</summary>
    internal Watch? Remove(long watchId, long revision, long compacted)
    {
        lock (_gate)
        {
            if (!_watches.Remove(watchId, out var watch))
            {
                return null;
            }

            _lowestFree = Math.Min(_lowestFree, watchId);
            watch.Phase = WatchPhase.Ended;
            Queue(new WatchNotice.Canceled(watchId, revision, compacted));
            return watch;
        }
    }

    /// <summary>Queues one revision's events for the watches of a group. Those that the queue has no room for are behind from now on.</summary>
    /// <param name="behind">Gets the watches that fell behind: they must leave their group.</param>
    /// <returns>How many watches have it.</returns>
    internal int Offer(WatchShare share, long revision, IReadOnlyList<KeyVersion> changes, KeySpaceView view, List<Watch> behind)
    {
        var taken = 0;
        lock (_gate)
        {
            foreach (var watch in share.Watches)
            {
                if (watch.Next > revision)
                {
                    // A watch of the future.
                    continue;
                }

                if (IsFull)
                {
                    // It was offered everything that concerned it before, so history starts here.
                    watch.Next = revision;
                    FallBehind(watch);
                    behind.Add(watch);
                    continue;
                }

                watch.Next = revision + 1;
                watch.HadEvents = true;
                _waiting.Enqueue(new WatchNotice.Events(watch.Id, revision, changes, view) { State = watch.Options.State });
                taken++;
            }

            if (taken > 0)
            {
                WakeReader();
            }
        }

        return taken;
    }

    internal void SetSynced(Watch watch)
    {
        lock (_gate)
        {
            watch.Phase = WatchPhase.Synced;
        }
    }

    internal void SetBehind(Watch watch)
    {
        lock (_gate)
        {
            FallBehind(watch);
            WakeReader();
        }
    }

    /// <summary>Queues a progress notice for one watch, or for all of them when each has seen everything.</summary>
    internal void Progress(Watch? watch, long revision)
    {
        lock (_gate)
        {
            var isCaughtUp = watch is null ? _watches.Values.All(w => HasSeen(w, revision)) : HasSeen(watch, revision);
            if (isCaughtUp && !IsFull)
            {
                Queue(new WatchNotice.Progress(watch?.Id ?? WatchNotice.WholeStream, revision));
            }
        }
    }

    /// <summary>No more notices; those that wait can still be read, then <paramref name="reason"/> is thrown.</summary>
    /// <returns>The watches that were left.</returns>
    internal IReadOnlyList<Watch> Close(Func<Exception> reason)
    {
        lock (_gate)
        {
            _closed ??= reason;
            List<Watch> left = [.. _watches.Values];
            foreach (var watch in left)
            {
                watch.Phase = WatchPhase.Ended;
            }

            _watches.Clear();
            _behind.Clear();
            WakeReader();
            WakeWriter();
            return left;
        }
    }

    // ---- below: the stream's lock is held, or the reader is the caller ----

    private bool IsFull => _waiting.Count >= _hub.WaitingMax + 2 * _watches.Count;

    private static bool HasSeen(Watch watch, long revision) => watch.Phase == WatchPhase.Synced && watch.Next <= revision + 1;

    private void Queue(WatchNotice notice)
    {
        if (_closed is null)
        {
            _waiting.Enqueue(notice);
            WakeReader();
        }
    }

    private void WakeReader()
    {
        if (_arrival.TryTake())
        {
            _arrival.Complete();
        }
    }

    private void WakeWriter()
    {
        if ((!IsFull || _closed is not null) && _room.TryTake())
        {
            _room.Complete();
        }
    }

    private void FallBehind(Watch watch)
    {
        watch.Phase = WatchPhase.Behind;
        watch.BehindAfter = _taken + _waiting.Count;
        _behind.Enqueue(watch);
    }

    private bool TryTake([MaybeNullWhen(false)] out WatchNotice notice)
    {
        if (!_waiting.TryDequeue(out notice))
        {
            ThrowIfClosed();
            return false;
        }

        _taken++;
        _burst++;
        WakeWriter();
        return true;
    }

    /// <summary>Everything that waits, or what is left of a burst if history waits too; false if there is nothing.</summary>
    private bool TryTake(List<WatchNotice> notices, int max)
    {
        var count = Math.Min(_waiting.Count, max - notices.Count);
        if (_behind.Count > 0)
        {
            count = Math.Min(count, LiveBurst - _burst);
        }

        for (var i = 0; i < count; i++)
        {
            notices.Add(_waiting.Dequeue());
        }

        _taken += count;
        _burst += count;
        WakeWriter();
        return count > 0;
    }

    /// <summary>A watch whose history is to be read now: nothing waits, or enough was taken since the last piece.</summary>
    private Watch? NextBehindInTurn()
    {
        if (_burst < LiveBurst && _waiting.Count > 0)
        {
            return null;
        }

        _burst = 0;
        return NextBehind();
    }

    /// <summary>A watch whose queued events were all taken, so that its history may follow; it leaves the list.</summary>
    private Watch? NextBehind()
    {
        for (var rest = _behind.Count; rest > 0; rest--)
        {
            var watch = _behind.Dequeue();
            if (watch.Phase != WatchPhase.Behind)
            {
                continue;
            }

            if (watch.BehindAfter <= _taken)
            {
                return watch;
            }

            _behind.Enqueue(watch);
        }

        return null;
    }

    /// <summary>Moves a watch forward by one piece of history; null when there was nothing in it to tell.</summary>
    private WatchNotice.Events? CatchUp(Watch watch)
    {
        var view = _hub.View;
        var changes = new List<KeyVersion>();
        var next = watch.Next;
        if (next <= view.Revision)
        {
            next = view.ReadChanges(watch.Options.Range, next, HistoryChangesMax, changes);
            if (next == 0)
            {
                _hub.CancelCompacted(watch, view);
                return null;
            }

            var filter = WatchFilter.Of(watch.Options);
            changes.RemoveAll(change => !filter.Admits(change));
        }

        lock (_gate)
        {
            if (watch.Phase != WatchPhase.Behind)
            {
                return null;
            }

            watch.Next = next;
            watch.HadEvents |= changes.Count > 0;
        }

        _hub.CountEvents(changes.Count);

        // Joining first and returning the history after it keeps the order: what the hub queues from now on is read later.
        if (next <= view.Revision || !_hub.TryJoin(watch))
        {
            lock (_gate)
            {
                _behind.Enqueue(watch);
            }
        }

        return changes.Count > 0 ? new(watch.Id, view.Revision, changes, view) { State = watch.Options.State } : null;
    }

    private long LowestFree()
    {
        while (_watches.ContainsKey(_lowestFree))
        {
            _lowestFree++;
        }

        return _lowestFree;
    }

    private void ThrowIfClosed()
    {
        if (_closed is not null)
        {
            throw _closed();
        }
    }
}
