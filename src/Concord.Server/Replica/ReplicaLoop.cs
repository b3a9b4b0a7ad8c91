using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;

namespace Concord.Server.Replica;

/// <summary>
/// The replica's loop: takes everything that waits, gives it to the node, performs the effects, which is one turn. A turn never
/// waits for a disk, a client, a watcher or another member.
/// </summary>
/// <remarks>
/// There is one turn at a time, and the node belongs to whoever has it. Mostly that is the thread that brought the work
/// (<see cref="Help"/>): a caller, the log writer, a connection's reader. Waking another thread for it would cost more than the
/// turn, and a lone write would wait for two of them. The loop's own thread has the ticks, what is rare, and
/// what comes faster than it is done.
/// </remarks>
internal sealed class ReplicaLoop
{
    /// <summary>Turns that a helper makes for what came meanwhile before it leaves the rest to the loop's thread: it has work of its own.</summary>
    private const int HelpTurnsMax = 4;

    /// <summary>Compacted versions dropped in one turn: some 100 µs, which a waiting call does not notice.</summary>
    private const int TrimPerTurn = 512;

    /// <summary>With nothing else to do, more at once.</summary>
    private const int TrimWhenIdle = 8192;

    /// <summary>A turn that applies for longer holds up whoever waits; etcd warns at the same time.</summary>
    private static readonly TimeSpan SlowApply = TimeSpan.FromMilliseconds(100);

    /// <summary>After a snapshot failed: soon enough for a log that grows, not so often that it is all the disk does.</summary>
    private static readonly TimeSpan SnapshotRetry = TimeSpan.FromSeconds(30);

    private readonly ReplicaOptions _options;
    private readonly ReplicaMetrics _metrics;
    private readonly NodeCore _node;
    private readonly ReplicaShared _shared;
    private readonly ReplicaParts _parts;
    private readonly LogWriter _writer;
    private readonly PeerNetwork? _network;
    private readonly ReplicaLog _events;
    private readonly Thread _thread;

    private readonly Lock _hasTurn = new();

    // Of whoever has the turn, like all that follows.
    private readonly ReplicaTurn _turn = new();
    private readonly ReplicaCalls _calls;
    private readonly LeaderCalls _leader;
    private readonly PeerDesk? _desk;
    private readonly StateCheck? _check;
    private readonly LeadershipHandOver _handOver;
    private readonly LeaveTaking? _leave;
    private readonly RemovalWatch _removal;
    private long _lastTick;
    private long _lastCheck;
    private long _snapshotNotBefore;
    private long _stopBefore;
    private bool _isOverQuota;
    private Membership? _publishedMembership;
    private MemberId _publishedLeader;
    private MemberId _lastLeader;
    private long _appliedInTurn;
    private bool _isFinished;

    public ReplicaLoop(ReplicaOptions options, NodeCore node, ReplicaShared shared, ReplicaParts parts, ReplicaLog events)
    {
        _options = options;
        _metrics = options.Metrics;
        _node = node;
        _shared = shared;
        _parts = parts;
        _writer = parts.Writer;
        _network = parts.Network;
        _events = events;
        _calls = new(shared, options);
        _leader = new(node, _calls, parts.Network, options.ElectionTicks);
        if (parts.Network is { } network)
        {
            _check = new(shared, network, node.Id, events);
            _leave = new(network);
            _desk = new(node, _calls, _leader, network, _check, _leave);
        }

        _handOver = new(node);
        _removal = new(shared, node, options.ElectionTicks);
        _lastTick = _lastCheck = Now;
        _thread = new Thread(Run) { IsBackground = true, Name = "concord replica" };
        shared.Inbox.Helper = Help;
    }

    private long Now => _options.Time.GetTimestamp();

    public void Start() => _thread.Start();

    /// <summary>Waits for the thread's end, after the inbox was told to stop.</summary>
    public void Join() => _thread.Join();

    /// <summary>Something happened to the connection to a member. Called on any thread.</summary>
    public void Report(MemberId member, PeerEvent what) => _shared.Inbox.Call(() =>
    {
        switch (what)
        {
            case PeerEvent.Connected:
                _leader.Connected(member);
                break;
            case PeerEvent.ConnectionRefused:
                _node.ReportConnectionRefused(member);
                break;
            default:
                _node.ReportUnreachable(member);
                break;
        }

        if (what == PeerEvent.Removed)
        {
            _removal.Told(member);
        }

        if (what == PeerEvent.ConnectionLost)
        {
            _leader.ConnectionLost(member);
            _leave?.ConnectionLost(member);
        }
    });

    /// <summary>A snapshot for a member was delivered, or could not be. Called on any thread.</summary>
    public void SnapshotDone(MemberId member, bool delivered) => _shared.Inbox.Call(() => _node.ReportSnapshot(member, delivered));

    /// <summary>
    /// Hands leadership to another voter. Completes when that is done, or at once if this replica does not lead. Called
    /// on any thread.
    /// </summary>
    /// <param name="target">None: whoever would take over best.</param>
    public Task<TransferResult?> HandOverAsync(MemberId target)
    {
        var done = new TaskCompletionSource<TransferResult?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _shared.Inbox.Call(() => _handOver.Start(target, done));
        return done.Task;
    }

    /// <summary>Tells the others that this replica stops; completes when none of them asks it anything any more.</summary>
    public Task TakeLeaveAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _shared.Inbox.Call(() => _leave!.Start(done));
        return done.Task;
    }

    /// <summary>The present state, for reading on any thread. Called on any thread.</summary>
    public Task<StateExport> ExportAsync()
    {
        var done = new TaskCompletionSource<StateExport>(TaskCreationOptions.RunContinuationsAsynchronously);
        _shared.Inbox.Call(() =>
        {
            var (metadata, view) = _node.BeginExport();
            done.SetResult(new(metadata, view, () => _shared.Inbox.Call(_node.EndExport)));
        });
        return done.Task;
    }

    /// <summary>
    /// Takes in what waits in the inbox, unless somebody has the turn already: then that thread, or the loop's own, does it. Never
    /// throws, and does not wait.
    /// </summary>
    /// <remarks>
    /// Nothing is left lying: who adds and does not get the turn has added before it tried, and who has the turn looks at the
    /// inbox again after it gave it back. Called from within a turn, it leaves the work for that look.
    /// </remarks>
    public void Help()
    {
        for (var turns = 0; turns < HelpTurnsMax; turns++)
        {
            if (_hasTurn.IsHeldByCurrentThread || !_shared.Inbox.HasWork || !_hasTurn.TryEnter())
            {
                return;
            }

            var isMore = false;
            try
            {
                isMore = !_isFinished && !_shared.HasFailed && (Turn() | _turn.IsStopping);
            }
#pragma warning disable CA1031 // Whatever it is, a replica whose turn failed must not look alive. It is no fault of the helper.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _shared.Fail(error);
            }
            finally
            {
                _hasTurn.Exit();
            }

            if (isMore)
            {
                _shared.Inbox.Nudge();
                return;
            }
        }

        if (_shared.Inbox.HasWork)
        {
            _shared.Inbox.Nudge();
        }
    }

    private void Run()
    {
        var isMore = true;
        try
        {
            lock (_hasTurn)
            {
                Perform();
            }

            var isFinished = false;
            while (!isFinished)
            {
                _shared.Inbox.Wait(isMore ? TimeSpan.Zero : UntilTick(Now));
                lock (_hasTurn)
                {
                    // A turn of a helper may have failed.
                    isMore = !_shared.HasFailed && Turn();
                    isFinished = IsFinished();
                }
            }
        }
#pragma warning disable CA1031 // Whatever it is, a replica whose thread died must not look alive.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _shared.Fail(error);
        }

        lock (_hasTurn)
        {
            _isFinished = true;
            _handOver.End();
            _leave?.End();
            FailAll();
        }
    }

    /// <summary>True if there is more to do at once.</summary>
    private bool Turn()
    {
        _shared.Inbox.Take(_turn);
        _calls.TurnBegan = Now;
        TakeIn();
        Perform();
        Measure();
        return KeepHouse();
    }

    private void Measure()
    {
        if (_appliedInTurn > 0 && _options.Time.GetElapsedTime(_calls.TurnBegan, Now) > SlowApply)
        {
            _metrics.SlowApplies.Add(1);
        }

        _appliedInTurn = 0;
    }

    private void TakeIn()
    {
        if (_turn.Persisted != 0)
        {
            _node.Persisted(_turn.Persisted);
        }

        foreach (var message in _turn.Messages)
        {
            _desk!.Receive(message);
        }

        // After the messages: that a connection has ended was noticed after its last message.
        foreach (var call in _turn.Calls)
        {
            call();
        }

        foreach (var request in _turn.Requests)
        {
            _leader.Begin(_calls.Add(request), request);
        }

        Tick(_calls.TurnBegan);
    }

    /// <summary>In whole milliseconds, as waiting is; a fraction less would be too early.</summary>
    private TimeSpan UntilTick(long now) =>
        TimeSpan.FromMilliseconds(Math.Ceiling((_options.TickInterval - _options.Time.GetElapsedTime(Volatile.Read(ref _lastTick), now)).TotalMilliseconds));

    /// <summary>
    /// Ticks at most once per interval since the last tick, however late this thread is. Time that was slept through is not
    /// made up for: leases may end late, never early. Waiting by itself for the next one, the thread needs no timer, whose
    /// call would wake up three threads instead of one.
    /// </summary>
    private void Tick(long now)
    {
        if (_options.Time.GetElapsedTime(_lastTick, now) < _options.TickInterval)
        {
            return;
        }

        _lastTick = now;
        _node.Tick();
        _leader.Retry();
        _leader.Tick();
        _removal.Tick();
        CheckState(now);
        _calls.TimeOut(now, () => _writer.IsDiskFull || !_node.Leader.IsNone ? ReplicaFailures.TimedOut(_writer.IsDiskFull) : ReplicaFailures.NoLeaderInTime());
    }

    private void CheckState(long now)
    {
        if (_check is not null && _node.IsLeading && _node.Membership.Voters.Count > 1 && _options.Time.GetElapsedTime(_lastCheck, now) >= _options.StateCheckInterval)
        {
            _lastCheck = now;
            _check.Begin(_node.View, _node.AppliedIndex);
        }
    }

    private void Perform()
    {
        _leader.Flush();
        for (var effects = _node.TakeEffects(); !effects.IsEmpty; effects = _node.TakeEffects())
        {
            Perform(effects);
            _leader.Flush();
        }

        _network?.Flush();
        _shared.Inbox.MayGather = _node.IsLeading && _node.Membership is { Voters.Count: 1, OutgoingVoters.Count: 0, Learners.Count: 0 };
        _shared.Publish(_node);
        PublishFacts();
        _handOver.Look();
        _check?.Look(_node.View, _node.AppliedIndex);
        WatchQuota();
        _calls.Complete();
    }

    private void Perform(NodeEffects effects)
    {
        if (effects.Membership is { } membership)
        {
            _network?.Follow(membership);
        }

        Send(effects.SendNow);
        foreach (var write in effects.Writes)
        {
            _writer.Write(write);
        }

        if (effects.Install is { } snapshot)
        {
            Install(snapshot);
        }

        foreach (var view in effects.Views)
        {
            _shared.Publish(view);
        }

        Collect(effects);
        _appliedInTurn += effects.AppliedEntries;
        if (effects.RoleChange is { } change)
        {
            // The same one again after a time without counts too, as with etcd.
            _metrics.LeaderChanges.Add(change.Leader.IsNone || change.Leader == _lastLeader ? 0 : 1);
            _lastLeader = change.Leader;
            _events.RoleChanged(change.Role.ToString(), change.Term.Value, change.Leader.ToString());
            _leader.LeaderChanged();
        }
    }

    /// <summary>For whoever asks this member who the members are. Only when that changed.</summary>
    private void PublishFacts()
    {
        if (_network is not null && (!ReferenceEquals(_publishedMembership, _node.AppliedMembership) || _publishedLeader != _node.Leader))
        {
            (_publishedMembership, _publishedLeader) = (_node.AppliedMembership, _node.Leader);
            _network.Publish(new(_options.Identity.ClusterId, _node.Id, _node.Leader, _node.AppliedIndex, _node.AppliedMembership));
        }
    }

    private void Send(List<RaftMessage> messages)
    {
        foreach (var message in messages)
        {
            if (_network is null)
            {
                throw new NodeInvariantException("a member without a peer port has nobody to talk to");
            }

            if (message is RaftMessage.InstallSnapshot install)
            {
                _parts.Outgoing!.Send(install);
            }
            else if (!_network.Send(message) && message is RaftMessage.Heartbeat && _network.IsConnected(message.To))
            {
                _metrics.HeartbeatsDropped.Add(1);
            }
        }
    }

    /// <summary>
    /// The state is replaced by the leader's. It was loaded while it arrived; only after a restart between its write and this
    /// step would it have to be read here, and then recovery has done so.
    /// </summary>
    private void Install(SnapshotMetadata snapshot)
    {
        var received = _desk?.TakeReceived(snapshot);
        var space = received?.Space ?? _parts.LoadSnapshot(snapshot);
        _node.Installed(snapshot, space);
        _events.SnapshotInstalled(snapshot.Index.Value, space.View.Revision);
    }

    private void Collect(NodeEffects effects)
    {
        foreach (var answer in effects.Commands)
        {
            if (answer.Outcome == RequestOutcome.Done)
            {
                _calls.Finish(answer.Token.Value, answer.Result!);
            }
            else if (_desk is null || !_desk.TryAnswer(answer.Token, answer.Outcome, null))
            {
                _leader.Refused(answer.Token.Value, answer.Outcome);
            }
        }

        foreach (var answer in effects.Leases)
        {
            if (_desk is not null && _desk.TryAnswer(answer))
            {
                continue;
            }

            if (answer.Outcome == RequestOutcome.Done)
            {
                _metrics.LeasesRenewed.Add(_calls.Find(answer.Token.Value) is { Kind: RequestKind.KeepAlive } && answer.Seconds > 0 ? 1 : 0);
                _calls.Finish(answer.Token.Value, answer.Seconds);
            }
            else
            {
                _leader.Refused(answer.Token.Value, answer.Outcome);
            }
        }

        foreach (var answer in effects.Changes)
        {
            if (_desk is null || !_desk.TryAnswer(answer.Token, answer.Outcome, answer.Reason))
            {
                _leader.Settle(answer.Token.Value, answer.Outcome, answer.Reason);
            }
        }

        foreach (var answer in effects.Reads)
        {
            if (answer.Outcome == RequestOutcome.Done)
            {
                _calls.Finish(answer.Token.Value, _node.View);
            }
            else
            {
                _leader.Refused(answer.Token.Value, answer.Outcome);
            }
        }
    }

    /// <summary>Snapshots and dropping of what was compacted; true if there is more of it to do at once.</summary>
    private bool KeepHouse()
    {
        _desk?.DropReceivedIfOld();
        if (_node.IsSnapshotDue && (_node.IsLeading || _node.Role == RaftRole.Follower) && Now >= _snapshotNotBefore)
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
        _parts.Snapshots.Write(metadata, view, succeeded => _shared.Inbox.Call(() =>
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
        return _calls.Count == 0 || Now >= _stopBefore || _shared.HasFailed;
    }

    private void FailAll()
    {
        _shared.Inbox.Stop();
        _shared.Inbox.Take(_turn);
        foreach (var request in _turn.Requests)
        {
            _calls.Add(request);
        }

        if (_calls.Count > 0 && !_shared.HasFailed)
        {
            _events.StoppedWithCalls(_calls.Count, (long)_options.DrainTimeout.TotalMilliseconds);
        }

        _calls.FailAll(ReplicaFailures.Stopped());
        _calls.Complete();
    }
}
