using Concord.Mvcc;
using Concord.Node;

namespace Concord.Server.Replica;

/// <summary>
/// The replica's thread: takes everything that waits, gives it to the node, performs the effects. The node belongs to this
/// thread alone. It never waits for a disk, a client or a watcher.
/// </summary>
internal sealed class ReplicaLoop
{
    /// <summary>Compacted versions dropped in one turn: some 100 µs, which a waiting call does not notice.</summary>
    private const int TrimPerTurn = 512;

    /// <summary>With nothing else to do, more at once.</summary>
    private const int TrimWhenIdle = 8192;

    /// <summary>After a snapshot failed: soon enough for a log that grows, not so often that it is all the disk does.</summary>
    private static readonly TimeSpan SnapshotRetry = TimeSpan.FromSeconds(30);

    private readonly ReplicaOptions _options;
    private readonly NodeCore _node;
    private readonly ReplicaShared _shared;
    private readonly LogWriter _writer;
    private readonly SnapshotWorker _snapshots;
    private readonly ReplicaLog _events;
    private readonly Thread _thread;
    private readonly ITimer _tickTimer;

    private readonly ReplicaTurn _turn = new();
    private readonly Dictionary<long, ReplicaRequest> _underWay = [];
    private readonly Queue<(long Token, long Deadline)> _deadlines = new();
    private readonly List<ReplicaRequest> _answered = [];
    private long _lastToken;
    private long _lastTick;
    private long _snapshotNotBefore;
    private long _stopBefore;
    private bool _isOverQuota;

    public ReplicaLoop(
        ReplicaOptions options, NodeCore node, ReplicaShared shared, LogWriter writer, SnapshotWorker snapshots, ReplicaLog events)
    {
        _options = options;
        _node = node;
        _shared = shared;
        _writer = writer;
        _snapshots = snapshots;
        _events = events;
        _lastTick = Now;
        _tickTimer = options.Time.CreateTimer(
            static shared => ((ReplicaShared)shared!).Inbox.Tick(), shared, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Run) { IsBackground = true, Name = "concord replica" };
    }

    private long Now => _options.Time.GetTimestamp();

    public void Start()
    {
        _tickTimer.Change(_options.TickInterval, Timeout.InfiniteTimeSpan);
        _thread.Start();
    }

    /// <summary>Waits for the thread's end, after the inbox was told to stop.</summary>
    public void Join() => _thread.Join();

    private void Run()
    {
        try
        {
            var isIdle = false;
            Perform();
            do
            {
                _shared.Inbox.Take(_turn, wait: isIdle);
                TakeIn();
                Perform();
                isIdle = !KeepHouse();
            }
            while (!IsFinished());
        }
#pragma warning disable CA1031 // Whatever it is, a replica whose thread died must not look alive.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _shared.Fail(error);
        }

        _tickTimer.Dispose();
        FailAll();
    }

    private void TakeIn()
    {
        if (_turn.Persisted != 0)
        {
            _node.Persisted(_turn.Persisted);
        }

        foreach (var call in _turn.Calls)
        {
            call();
        }

        foreach (var request in _turn.Requests)
        {
            TakeIn(request);
        }

        if (_turn.IsTickDue)
        {
            Tick();
        }
    }

    private void TakeIn(ReplicaRequest request)
    {
        var token = new RequestToken(++_lastToken);
        _underWay.Add(token.Value, request);
        _deadlines.Enqueue((token.Value, request.Deadline));
        switch (request.Kind)
        {
            case RequestKind.Propose:
                _node.Propose(token, request.Command);
                break;
            case RequestKind.KeepAlive:
                _node.KeepAlive(token, request.Lease);
                break;
            case RequestKind.TimeToLive:
                _node.TimeToLive(token, request.Lease);
                break;
            case RequestKind.Read:
                _node.Read(token);
                break;
        }
    }

    /// <summary>
    /// Ticks at most once per interval since the last tick was taken in, however late the timer or this thread is. Time
    /// that was slept through is not made up for: leases may end late, never early.
    /// </summary>
    private void Tick()
    {
        var now = Now;
        var left = _options.TickInterval - _options.Time.GetElapsedTime(_lastTick, now);
        if (left <= TimeSpan.Zero)
        {
            _lastTick = now;
            left = _options.TickInterval;
            _node.Tick();
            TimeOutRequests(now);
        }

        // A timer counts whole milliseconds and would come too early for a fraction.
        _tickTimer.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    private void Perform()
    {
        for (var effects = _node.TakeEffects(); !effects.IsEmpty; effects = _node.TakeEffects())
        {
            Perform(effects);
        }

        _shared.Publish(_node);
        WatchQuota();
        _shared.Pump.Complete(_answered);
        _answered.Clear();
    }

    private void Perform(NodeEffects effects)
    {
        if (effects.SendNow.Count > 0 || effects.Install is not null)
        {
            throw new NodeInvariantException("a group of one has nobody to talk to");
        }

        foreach (var write in effects.Writes)
        {
            _writer.Write(write);
        }

        foreach (var view in effects.Views)
        {
            _shared.Publish(view);
        }

        Collect(effects);
        if (effects.RoleChange is { } change)
        {
            _events.RoleChanged(change.Role.ToString(), change.Term.Value, change.Leader.ToString());
        }
    }

    private void Collect(NodeEffects effects)
    {
        foreach (var answer in effects.Commands)
        {
            if (Take(answer.Token, answer.Outcome) is ReplicaRequest<CommandResult> request)
            {
                request.SetResult(answer.Result!);
            }
        }

        foreach (var answer in effects.Leases)
        {
            if (Take(answer.Token, answer.Outcome) is ReplicaRequest<long?> request)
            {
                request.SetResult(answer.Seconds);
            }
        }

        foreach (var answer in effects.Reads)
        {
            if (Take(answer.Token, answer.Outcome) is ReplicaRequest<KeySpaceView> request)
            {
                request.SetResult(_node.View);
            }
        }
    }

    /// <summary>Takes a request off the list and puts it among the answered; null if its time had run out.</summary>
    private ReplicaRequest? Take(RequestToken token, RequestOutcome outcome)
    {
        if (!_underWay.Remove(token.Value, out var request))
        {
            return null;
        }

        _shared.Release(request);
        _answered.Add(request);
        if (outcome != RequestOutcome.Done)
        {
            request.SetFailure(ReplicaFailures.Of(outcome));
        }

        return request;
    }

    private void TimeOutRequests(long now)
    {
        while (_deadlines.TryPeek(out var next))
        {
            var isUnderWay = _underWay.TryGetValue(next.Token, out var request);
            if (isUnderWay && next.Deadline > now)
            {
                break;
            }

            _deadlines.Dequeue();
            if (isUnderWay)
            {
                _underWay.Remove(next.Token);
                _shared.Release(request!);
                request!.SetFailure(ReplicaFailures.TimedOut(_writer.IsDiskFull));
                _answered.Add(request);
            }
        }
    }

    /// <summary>Snapshots and dropping of what was compacted; true if there is more of it to do at once.</summary>
    private bool KeepHouse()
    {
        if (_node.Snapshots.IsDue(_node.SizeBytes) && _node.IsLeading && Now >= _snapshotNotBefore)
        {
            BeginSnapshot();
        }

        // Watchers that are about to be told of a change may want the version before it.
        if (_shared.Watches.Position < _node.View.CompactedRevision)
        {
            return false;
        }

        return _node.Trim(_turn.Requests.Count == 0 ? TrimWhenIdle : TrimPerTurn);
    }

    private void BeginSnapshot()
    {
        _events.SnapshotBegun(_node.AppliedIndex.Value, _node.Snapshots.Entries, _node.Snapshots.Bytes);
        var (metadata, view) = _node.BeginSnapshot();
        _snapshots.Write(metadata, view, succeeded => _shared.Inbox.Call(() =>
        {
            _node.EndSnapshot(metadata, succeeded);
            if (!succeeded)
            {
                _snapshotNotBefore = Now + (long)(SnapshotRetry.TotalSeconds * _options.Time.TimestampFrequency);
            }
        }));
    }

    private void WatchQuota()
    {
        var isOver = _node.SizeBytes > _options.QuotaBytes;
        if (isOver != _isOverQuota)
        {
            _isOverQuota = isOver;
            if (isOver)
            {
                _events.QuotaReached(_options.QuotaBytes);
            }
            else
            {
                _events.QuotaCleared(_node.SizeBytes);
            }
        }
    }

    private bool IsFinished()
    {
        if (!_turn.IsStopping)
        {
            return _shared.HasFailed;
        }

        _stopBefore = _stopBefore != 0 ? _stopBefore : Now + (long)(_options.DrainTimeout.TotalSeconds * _options.Time.TimestampFrequency);
        return _underWay.Count == 0 || Now >= _stopBefore || _shared.HasFailed;
    }

    private void FailAll()
    {
        _shared.Inbox.Stop();
        _shared.Inbox.Take(_turn, wait: false);
        foreach (var request in _turn.Requests)
        {
            _underWay.Add(++_lastToken, request);
        }

        if (_underWay.Count > 0 && !_shared.HasFailed)
        {
            _events.StoppedWithCalls(_underWay.Count, (long)_options.DrainTimeout.TotalMilliseconds);
        }

        foreach (var request in _underWay.Values)
        {
            _shared.Release(request);
            request.SetFailure(ReplicaFailures.Stopped());
            _answered.Add(request);
        }

        _underWay.Clear();
        _shared.Pump.Complete(_answered);
        _answered.Clear();
    }
}
