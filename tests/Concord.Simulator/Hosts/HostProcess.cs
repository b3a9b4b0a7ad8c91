using System.Buffers;
using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;
using Concord.Simulator.Runs;
using Concord.Storage;

namespace Concord.Simulator.Hosts;

/// <summary>
/// One run of the server's process: does with the real node and the real storage what the server's replica loop and its
/// helpers do, as events instead of threads. Takes everything that waits, gives it to the node, performs the effects in
/// their documented order.
/// </summary>
internal sealed class HostProcess
{
    private const int TrimPerTurn = 512;

    /// <summary>In microseconds.</summary>
    private const long SnapshotRetry = 2_000_000;

    private static readonly Dictionary<MemberId, MemberInfo> NoInfo = [];

    private readonly NodeCore _node;
    private readonly ReplicaStorage _storage;
    private readonly Dictionary<long, Action<RequestOutcome, CommandResult?, long?>> _underWay = [];
    private readonly List<RaftMessage> _messages = [];
    private readonly List<(ClientRequest Request, Action<ClientAnswer> Answer)> _requests = [];
    private readonly List<Action> _calls = [];
    private readonly SnapshotTransfers _transfers;
    private readonly IHostWatches _watches;
    private ulong _persisted;
    private long _lastToken;
    private long _lastTick;
    private long _snapshotNotBefore;
    private bool _isTickDue;
    private bool _isTurnPlanned;

    public HostProcess(SimulatedHost host, ReplicaStorage storage, StoredState found)
    {
        Host = host;
        _storage = storage;
        DiskWorker = new(this, storage);
        _transfers = new(this, storage);
        var recovered = new RecoveredState(
            found.HardState,
            found.Snapshot ?? new(LogIndex.Zero, Term.Zero, host.Founders),
            found.Entries.ToArray());
        var space = host.Rules.State(found.Snapshot is { } snapshot ? Load(snapshot) : new KeySpace());
        _node = new(World.Dials.Node, host.Rules.Core(World.Dials.RaftOf(host.Id, host.NextSeed())), recovered, space);
        _watches = World.NewWatches(this);
    }

    public SimulatedHost Host { get; }

    public DiskWorker DiskWorker { get; }

    public Simulation World => Host.World;

    public NodeCore Node => _node;

    public RaftCore Raft => _node.Raft;

    public bool IsAlive { get; private set; } = true;

    /// <summary>Something is durable that the node was not told of yet.</summary>
    public bool HasUnreported => _persisted != 0;

    public void Begin()
    {
        _lastTick = World.Events.Now;
        PlanTick(TickInterval);
        PlanTurn();
    }

    public void End()
    {
        IsAlive = false;
        World.StateChecks.Forget(this);
        _watches.Dispose();
    }

    /// <summary>Something of this process happens later, if the process still runs then.</summary>
    public void After(long delay, Action action) => World.Events.After(delay, () =>
    {
        if (IsAlive)
            action();
    });

    /// <summary>Runs a part of the process. What its environment does to it ends the process; everything else is a bug.</summary>
    public void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (StorageFailedException)
        {
            World.ProcessFailed(Host, "its disk failed");
        }
    }

    public void Persisted(ulong sequence)
    {
        _persisted = Math.Max(_persisted, sequence);
        PlanTurn();
    }

    public void Receive(RaftMessage message)
    {
        _messages.Add(message);
        PlanTurn();
    }

    public void Request(ClientRequest request, Action<ClientAnswer> answer)
    {
        _requests.Add((request, answer));
        PlanTurn();
    }

    /// <param name="changes">Empty: leave the joint configuration.</param>
    /// <param name="isWanted">Asked when the process comes to it, which may be after a pause.</param>
    public void ChangeMembership(MemberChange[] changes, JointMode mode, Func<bool>? isWanted = null) => Call(() =>
    {
        if (isWanted?.Invoke() == false)
            return;
        if (changes.Length == 0)
            Raft.ProposeMembership(MembershipChange.LeaveJoint);
        else
            _node.ProposeMembership(new(++_lastToken), changes, mode, NoInfo);
    });

    public void Watch(HostWatch watch) => Call(() => _watches.Add(watch, _node.View));

    /// <summary>Runs on the process's own turn.</summary>
    public void Call(Action call)
    {
        _calls.Add(call);
        PlanTurn();
    }

    public void Send(RaftMessage message)
    {
        if (message is RaftMessage.InstallSnapshot install)
            _transfers.Start(install);
        else
            World.Send(Host, message);
    }

    public void ReceiveSnapshot(int from, SnapshotPiece piece) => Guard(() => _transfers.Receive(from, piece));

    public void ReceiveSnapshotAnswer(SnapshotPieceAnswer answer) => Guard(() => _transfers.Receive(answer));

    private long TickInterval => Host.Rules.TickInterval((long)World.Dials.Node.TickMilliseconds * 1000 * 1000 / Host.ClockPerMille);

    private void PlanTick(long delay) => After(delay, () =>
    {
        _isTickDue = true;
        PlanTurn();
    });

    private void PlanTurn()
    {
        if (_isTurnPlanned || !IsAlive)
            return;
        _isTurnPlanned = true;
        long start = Math.Max(World.Events.Now + Host.TurnDelay(), Host.PausedUntil);
        World.Events.At(start, TakeTurn);
    }

    private void TakeTurn()
    {
        if (!IsAlive)
            return;
        if (World.Events.Now < Host.PausedUntil)
        {
            World.Events.At(Host.PausedUntil, TakeTurn);
            return;
        }

        _isTurnPlanned = false;
        Guard(() =>
        {
            TakeIn();
            Perform();
            KeepHouse();
        });
        if (IsAlive)
            World.AfterTurn(Host);
    }

    private void TakeIn()
    {
        if (_persisted != 0)
            _node.Persisted(_persisted);
        _persisted = 0;
        foreach (var call in Take(_calls))
            call();
        foreach (var message in Take(_messages))
            _node.Receive(message);
        foreach (var (request, answer) in Take(_requests))
            TakeIn(request, answer);
        if (_isTickDue)
            Tick();
    }

    /// <summary>A command of the process's own.</summary>
    public void Propose(Command command)
    {
        var buffer = new ArrayBufferWriter<byte>();
        CommandCodec.Encode(command, buffer);
        _node.Propose(new(++_lastToken), buffer.WrittenSpan.ToArray());
    }

    private static T[] Take<T>(List<T> list)
    {
        T[] taken = [.. list];
        list.Clear();
        return taken;
    }

    private void Tick()
    {
        _isTickDue = false;
        long now = World.Events.Now;
        long left = TickInterval - (now - _lastTick);
        if (left <= 0)
        {
            _lastTick = now;
            left = TickInterval;
            _node.Tick();
            Host.Rules.Ticked(this);
        }

        PlanTick(left + 1000);
    }

    private void TakeIn(ClientRequest request, Action<ClientAnswer> answer)
    {
        var token = new RequestToken(++_lastToken);
        switch (request)
        {
            case ClientRequest.Propose propose:
                Expect(token, answer, (result, _) => new(AnswerKind.Done, Host.Number) { Result = result, Error = result!.Error, Revision = result.Revision });
                Propose(token, propose);
                break;
            case ClientRequest.Read { Linearizable: false } read:
                answer(Read(read.Range));
                break;
            case ClientRequest.Read read:
                if (Host.Rules.AsksForReads)
                {
                    Expect(token, answer, (_, _) => Read(read.Range));
                    _node.Read(token);
                }
                else
                {
                    answer(Read(read.Range));
                }

                break;
            case ClientRequest.KeepAlive keepAlive when !Host.Rules.ConfirmsRenewals && _node.IsLeading && _node.View.LeaseTtl(keepAlive.Lease) is { } ttl:
                _node.KeepAlive(token, keepAlive.Lease);
                answer(new(AnswerKind.Done, Host.Number) { Seconds = ttl });
                break;
            case ClientRequest.KeepAlive keepAlive:
                Expect(token, answer, (_, seconds) => new(AnswerKind.Done, Host.Number) { Seconds = seconds });
                _node.KeepAlive(token, keepAlive.Lease);
                break;
            case ClientRequest.TimeToLive timeToLive:
                Expect(token, answer, (_, seconds) => new(AnswerKind.Done, Host.Number) { Seconds = seconds });
                _node.TimeToLive(token, timeToLive.Lease);
                break;
        }
    }

    /// <summary>The leader puts the command into its log; the others forward it and wait for the place in their own.</summary>
    private void Propose(RequestToken token, ClientRequest.Propose propose)
    {
        if (_node.Role != RaftRole.Leader && !_node.Leader.IsNone)
        {
            Forward(token, propose, _node.Leader);
            return;
        }

        var last = _node.LastIndex;
        _node.Propose(token, propose.Command);
        if (_node.LastIndex > last)
            World.Proposed(propose.Operation, _node.LastIndex, _node.Term);
    }

    private void Forward(RequestToken token, ClientRequest.Propose propose, MemberId leader)
    {
        bool isAnswered = false;
        World.Forward(Host, leader, propose, (outcome, index, term) =>
        {
            isAnswered = true;
            Call(() => Forwarded(token, outcome, index, term));
        });
        if (Host.Rules.RepeatsForwarding)
        {
            After(200_000, () =>
            {
                if (!isAnswered)
                    Forward(token, propose, leader);
            });
        }
    }

    private void Forwarded(RequestToken token, RequestOutcome outcome, LogIndex index, Term term)
    {
        if (outcome == RequestOutcome.Done)
            _node.Await(token, index, term);
        else
            Answer(token, outcome, null, null);
    }

    /// <summary>Another member's command.</summary>
    public void ProposeFor(ClientRequest.Propose propose, Action<RequestOutcome, LogIndex, Term> answer) => Call(() =>
    {
        var (outcome, first, term) = _node.ProposeFor([propose.Command]);
        if (outcome == RequestOutcome.Done)
            World.Proposed(propose.Operation, first, term);
        answer(outcome, first, term);
    });

    private ClientAnswer Read(RangeOperation range)
    {
        var error = _node.View.Range(range, out var result);
        return new(AnswerKind.Done, Host.Number) { Error = error, Range = result, Revision = _node.View.Revision };
    }

    private void Expect(RequestToken token, Action<ClientAnswer> answer, Func<CommandResult?, long?, ClientAnswer> done) =>
        _underWay.Add(token.Value, (outcome, result, seconds) => answer(outcome switch
        {
            RequestOutcome.Done => done(result, seconds),
            RequestOutcome.Unknown => ClientAnswer.Unknown,
            _ => new(AnswerKind.Refused, Host.Number) { Leader = _node.Leader },
        }));

    private void Perform()
    {
        for (var effects = _node.TakeEffects(); !effects.IsEmpty; effects = _node.TakeEffects())
            Perform(effects);
    }

    private void Perform(NodeEffects effects)
    {
        foreach (var message in effects.SendNow)
            Send(message);
        foreach (var write in effects.Writes)
            DiskWorker.Write(write);
        if (effects.Install is { } install)
        {
            World.Trace.Note($"{Host.Identity.Name} installs the snapshot at {install.Index}");
            _node.Installed(install, Host.Rules.State(Host.Rules.LoadsInstalled ? Load(install) : new KeySpace()));
        }

        foreach (var view in effects.Views)
            _watches.Published(view);
        if (effects.RoleChange is { Role: RaftRole.Leader } change)
            World.Trace.Note($"{Host.Identity.Name} leads term {change.Term}");
        foreach (var answer in effects.Commands)
            Answer(answer.Token, answer.Outcome, answer.Result, null);
        foreach (var answer in effects.Reads)
            Answer(answer.Token, answer.Outcome, null, null);
        foreach (var answer in effects.Leases)
            Answer(answer.Token, answer.Outcome, null, answer.Seconds);
    }

    private void Answer(RequestToken token, RequestOutcome outcome, CommandResult? result, long? seconds)
    {
        if (!_underWay.Remove(token.Value, out var answer))
            return;
        World.Trace.Line($"{Host.Identity.Name} answers {outcome} (applied {_node.AppliedIndex}, commit {_node.CommitIndex}, log to {_node.LastIndex}, term {_node.Term}, {_node.Role})");
        answer(outcome, result, seconds);
    }

    private void KeepHouse()
    {
        if (_node.IsSnapshotDue && World.Events.Now >= _snapshotNotBefore)
            BeginSnapshot();

        // Watchers that are about to be told of a change still read it from history.
        if (_watches.Position >= _node.View.CompactedRevision && _node.Trim(TrimPerTurn))
            PlanTurn();
    }

    private void BeginSnapshot()
    {
        var (metadata, view) = _node.BeginSnapshot();
        new SnapshotWriting(this, _storage, metadata, view, succeeded => Call(() =>
        {
            _node.EndSnapshot(metadata, succeeded);
            if (!succeeded)
                _snapshotNotBefore = World.Events.Now + SnapshotRetry;
        })).Begin();
    }

    private KeySpace Load(SnapshotMetadata snapshot)
    {
        using var file = _storage.Snapshots.Open(new(snapshot.Index, snapshot.Term));
        var reader = new KeySpaceSnapshotReader();
        while (file.TryReadChunk(out var chunk))
            reader.Feed(chunk.Span);
        return reader.Complete();
    }
}
