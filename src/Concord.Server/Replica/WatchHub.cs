using Concord.Mvcc;

namespace Concord.Server.Replica;

/// <summary>
/// Follows the applied changes and hands each stream those that its watches ask for, on a thread of its own: applying
/// never waits for a watcher.
/// </summary>
/// <remarks>
/// The replica only leaves its newest view here (<see cref="Notify"/>). The hub reads the changes since its own position
/// from that view, one revision after the other, looks up the groups that each change concerns and offers the events to
/// their streams. Groups and position are guarded by one lock, held for one revision at a time, so that joining a group
/// and handing out a revision cannot cross.
/// <para>
/// Compaction may go beyond the position. The replica therefore publishes a view before it applies a compaction, the hub
/// keeps that view until it is done with it, and <see cref="Position"/> tells the replica that the versions must not be
/// trimmed yet. So a watch that keeps up never misses an event because of a compaction.
/// </para>
/// <para>Locks, in this order: the hub's, the inbox's, a stream's.</para>
/// </remarks>
public sealed class WatchHub : IDisposable
{
    /// <summary>
    /// Notices that may wait for a stream's reader, besides two for each watch (a stream of 10,000 watches gets 10,000 of them
    /// by one change of one key). Enough to ride out a scheduling hiccup; they hold references into the key space, not copies.
    /// </summary>
    internal const int WaitingMaxDefault = 256;

    /// <summary>Changes read from a view at once; bounds the list, not the work.</summary>
    private const int ChangesMax = 1024;

    private readonly Lock _lock = new();
    private readonly WatchGroups _groups = new();
    private readonly HashSet<WatchStream> _streams = [];
    private readonly HashSet<Watch> _wantProgress = [];
    private readonly Dictionary<WatchStream, long> _progressRequests = [];
    private long _position;

    /// <summary>Guarded by both locks for writing, by either for reading.</summary>
    private int _watchCount;

    private readonly object _inbox = new();
    private readonly Queue<KeySpaceView> _beforeCompaction = new();
    private volatile KeySpaceView _view;
    private bool _isViewNew;
    private bool _isStopping;
    private long _events;

    private readonly Thread? _thread;
    private readonly ITimer _progressTimer;
    private readonly TimeSpan _progressInterval;

    // Of the hub's thread alone, kept between revisions.
    private readonly List<KeyVersion> _changes = [];
    private readonly List<Watch> _left = [];

    /// <param name="progressInterval">Idle time before a watch that asked for it is told its progress.</param>
    public WatchHub(KeySpaceView view, TimeProvider time, TimeSpan progressInterval)
        : this(view, time, progressInterval, isStepped: false)
    {
    }

    private WatchHub(KeySpaceView view, TimeProvider time, TimeSpan progressInterval, bool isStepped)
    {
        _view = view;
        _position = view.Revision;
        _progressInterval = progressInterval;
        _progressTimer = time.CreateTimer(
            static hub => ((WatchHub)hub!).NotifyIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (!isStepped)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = "concord watch" };
            _thread.Start();
        }
    }

    /// <summary>Every change up to this revision was handed to the streams.</summary>
    public long Position => Volatile.Read(ref _watchCount) == 0 ? _view.Revision : Volatile.Read(ref _position);

    /// <summary>How many watches all streams have.</summary>
    public int Count => Volatile.Read(ref _watchCount);

    /// <summary>What the hub and its streams hold at this moment. Passes over all streams.</summary>
    public WatchHubState State
    {
        get
        {
            lock (_lock)
            {
                var (behind, waiting) = (0, 0L);
                foreach (var stream in _streams)
                {
                    var (late, queued) = stream.State;
                    behind += late;
                    waiting += queued;
                }

                return new(_streams.Count, Count, behind, waiting, Interlocked.Read(ref _events));
            }
        }
    }

    /// <summary>Tests have short queues, so that little makes a watch fall behind.</summary>
    internal int WaitingMax { get; init; } = WaitingMaxDefault;

    /// <summary>
    /// Breaks a rule on purpose, so that the tests can show that they would notice: a watch that begins in the past joins the
    /// live ones at once, without the history between. Nothing but tests can set it.
    /// </summary>
    internal bool SkipsOnCatchUp { get; init; }

    internal KeySpaceView View => _view;

    /// <summary>
    /// A hub without a thread, for tests in virtual time: <see cref="Step"/> does what the thread does with one view.
    /// </summary>
    internal static WatchHub Stepped(KeySpaceView view, TimeProvider time, TimeSpan progressInterval, int waitingMax, bool skipsOnCatchUp) =>
        new(view, time, progressInterval, isStepped: true) { WaitingMax = waitingMax, SkipsOnCatchUp = skipsOnCatchUp };

    /// <summary>Hands out one view that waits; false if there is none.</summary>
    internal bool Step()
    {
        KeySpaceView? view;
        lock (_inbox)
        {
            view = NextView();
        }

        if (view is not null)
        {
            HandOut(view);
        }

        return view is not null;
    }

    public WatchStream OpenStream()
    {
        lock (_lock)
        {
            if (_isStopping)
            {
                throw Stopped();
            }

            var stream = new WatchStream(this);
            _streams.Add(stream);
            return stream;
        }
    }

    /// <summary>Takes the replica's newest view. Called within the replica's turns; costs a lock and perhaps a wake-up.</summary>
    public void Notify(KeySpaceView view)
    {
        lock (_inbox)
        {
            var last = _view;
            _view = view;
            if (_watchCount == 0)
            {
                return;
            }

            // One view replaces the one before it, unless it has forgotten history that is still to be handed out.
            if (_isViewNew && view.CompactedRevision != last.CompactedRevision)
            {
                _beforeCompaction.Enqueue(last);
            }

            if (!_isViewNew)
            {
                _isViewNew = true;
                Monitor.Pulse(_inbox);
            }
        }
    }

    /// <summary>Ends all streams and takes no new ones: their readers are told that the server stops.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isStopping = true;
            foreach (var stream in _streams.ToArray())
            {
                Close(stream, Stopped);
            }
        }
    }

    public void Dispose()
    {
        Close();
        lock (_inbox)
        {
            Monitor.Pulse(_inbox);
        }

        _progressTimer.Dispose();
        if (Thread.CurrentThread != _thread)
        {
            _thread?.Join();
        }
    }

    internal long? Create(WatchStream stream, WatchOptions options, long? watchId)
    {
        lock (_lock)
        {
            var view = CountWatch();
            var next = options.StartRevision == 0 ? view.Revision + 1 : options.StartRevision;
            Watch? watch = null;
            try
            {
                watch = stream.Add(options, watchId, next, view.Revision);
            }
            finally
            {
                if (watch is null)
                {
                    UncountWatch();
                }
            }

            if (watch is null)
            {
                return null;
            }

            if (next > _position || SkipsOnCatchUp)
            {
                _groups.Join(watch);
                stream.SetSynced(watch);
            }
            else
            {
                stream.SetBehind(watch);
            }

            if (options.ProgressNotify && _wantProgress.Add(watch) && _wantProgress.Count == 1)
            {
                _progressTimer.Change(_progressInterval, _progressInterval);
            }

            return watch.Id;
        }
    }

    internal bool Cancel(WatchStream stream, long watchId)
    {
        lock (_lock)
        {
            if (stream.Remove(watchId, _view.Revision, compacted: 0) is not { } watch)
            {
                return false;
            }

            Forget(watch);
            return true;
        }
    }

    /// <summary>Compaction took history that a watch had still to see.</summary>
    internal void CancelCompacted(Watch watch, KeySpaceView view)
    {
        lock (_lock)
        {
            // The number may be another watch's by now.
            if (watch.Phase != WatchPhase.Ended && watch.Stream.Remove(watch.Id, view.Revision, view.CompactedRevision) is not null)
            {
                Forget(watch);
            }
        }
    }

    /// <summary>A watch whose next revision was not handed out yet becomes synced; false if it has to read more history.</summary>
    internal bool TryJoin(Watch watch)
    {
        lock (_lock)
        {
            if (watch.Phase == WatchPhase.Behind)
            {
                if (watch.Next <= _position)
                {
                    return false;
                }

                _groups.Join(watch);
                watch.Stream.SetSynced(watch);
            }

            return true;
        }
    }

    /// <summary>Events that were given to watches, by the hub or by a reader from history.</summary>
    internal void CountEvents(long events) => Interlocked.Add(ref _events, events);

    internal void RequestProgress(WatchStream stream)
    {
        lock (_lock)
        {
            var revision = _view.Revision;
            if (_watchCount == 0 || _position >= revision)
            {
                stream.Progress(null, revision);
            }
            else
            {
                // The asker may have seen a newer revision elsewhere than the hub has handed out: it is told when that is so.
                _progressRequests[stream] = revision;
            }
        }
    }

    internal void Close(WatchStream stream, Func<Exception> reason)
    {
        lock (_lock)
        {
            foreach (var watch in stream.Close(reason))
            {
                Forget(watch);
            }

            _streams.Remove(stream);
            _progressRequests.Remove(stream);
        }
    }

    private static ReplicaException Stopped() => new(ReplicaFailure.Stopped, "The server is stopping; watch again at another member or later.");

    private KeySpaceView CountWatch()
    {
        lock (_inbox)
        {
            if (_watchCount++ == 0)
            {
                // While nobody watched, nothing was handed out: the first watch starts the hub from the present.
                _position = _view.Revision;
                _beforeCompaction.Clear();
                _isViewNew = false;
            }

            return _view;
        }
    }

    private void UncountWatch()
    {
        lock (_inbox)
        {
            _watchCount--;
        }
    }

    private void Forget(Watch watch)
    {
        UncountWatch();
        _groups.Leave(watch);
        if (_wantProgress.Remove(watch) && _wantProgress.Count == 0)
        {
            _progressTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void NotifyIdle()
    {
        lock (_lock)
        {
            foreach (var watch in _wantProgress)
            {
                if (!watch.HadEvents)
                {
                    watch.Stream.Progress(watch, _position);
                }

                watch.HadEvents = false;
            }
        }
    }

    private void Run()
    {
        while (TakeView() is { } view)
        {
            HandOut(view);
        }
    }

    private KeySpaceView? TakeView()
    {
        lock (_inbox)
        {
            while (!_isStopping)
            {
                if (NextView() is { } view)
                {
                    return view;
                }

                Monitor.Wait(_inbox);
            }

            return null;
        }
    }

    /// <summary>The inbox's lock is held.</summary>
    private KeySpaceView? NextView()
    {
        if (_beforeCompaction.TryDequeue(out var older))
        {
            return older;
        }

        var view = _isViewNew ? _view : null;
        _isViewNew = false;
        return view;
    }

    private void HandOut(KeySpaceView view)
    {
        var next = Volatile.Read(ref _position) + 1;
        while (next <= view.Revision && !Volatile.Read(ref _isStopping))
        {
            _changes.Clear();
            next = view.ReadChanges(KeyRange.All, next, ChangesMax, _changes);
            if (next == 0)
            {
                // The state was replaced by one whose history begins later (a snapshot from the leader).
                AllFallBehind(view);
                break;
            }

            for (var start = 0; start < _changes.Count;)
            {
                var end = start + 1;
                while (end < _changes.Count && _changes[end].ModRevision == _changes[start].ModRevision)
                {
                    end++;
                }

                HandOutRevision(view, start, end);
                start = end;
            }

            MoveTo(next - 1);
        }

        AnswerProgressRequests();
    }

    private void HandOutRevision(KeySpaceView view, int start, int end)
    {
        var revision = _changes[start].ModRevision;
        lock (_lock)
        {
            if (revision <= _position)
            {
                return;
            }

            for (var i = start; i < end; i++)
            {
                _groups.Collect(_changes[i]);
            }

            var events = 0L;
            foreach (var (group, changes) in _groups.TakeCollected())
            {
                var shares = group.Shares;
                for (var i = shares.Count - 1; i >= 0; i--)
                {
                    events += (long)shares[i].Stream.Offer(shares[i], revision, changes, view, _left) * changes.Count;
                    _left.ForEach(_groups.Leave);
                    _left.Clear();
                }
            }

            CountEvents(events);
            Volatile.Write(ref _position, revision);
        }
    }

    private void MoveTo(long revision)
    {
        lock (_lock)
        {
            Volatile.Write(ref _position, Math.Max(_position, revision));
        }
    }

    private void AllFallBehind(KeySpaceView view)
    {
        lock (_lock)
        {
            foreach (var watch in _groups.All())
            {
                // A watch of the future stays where it is: what it waits for has not happened.
                if (watch.Next <= view.Revision)
                {
                    watch.Next = Math.Max(watch.Next, _position + 1);
                    _groups.Leave(watch);
                    watch.Stream.SetBehind(watch);
                }
            }

            Volatile.Write(ref _position, Math.Max(_position, view.Revision));
        }
    }

    private void AnswerProgressRequests()
    {
        lock (_lock)
        {
            if (_progressRequests.Count == 0)
            {
                return;
            }

            foreach (var (stream, revision) in _progressRequests.ToArray())
            {
                if (revision <= _position)
                {
                    _progressRequests.Remove(stream);
                    stream.Progress(null, _position);
                }
            }
        }
    }
}
