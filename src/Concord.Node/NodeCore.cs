using System.Buffers;
using Concord.Mvcc;
using Concord.Raft;

namespace Concord.Node;

/// <summary>
/// One replica: Raft decides the order of the commands, the key space applies them, and what the host has to do comes out
/// as <see cref="NodeEffects"/>. Synchronous and deterministic: time is <see cref="Tick"/>, the disk is
/// <see cref="Persisted"/>, the network is <see cref="Receive"/>. Several inputs may be given before the effects are
/// taken; they share one write. After an exception the replica must stop.
/// </summary>
/// <remarks>
/// The state machine and the applied index are one object in memory and one snapshot on disk, so they cannot drift apart:
/// an entry's effects and the fact that it was applied become durable together, by the log that holds the entry.
/// </remarks>
public sealed class NodeCore
{
    private readonly NodeOptions _options;
    private readonly RaftCore _raft;
    private readonly PendingCommands _pending = new();
    private readonly LeaseKeeper _leases;
    private readonly LateResults _late;
    private readonly MembershipChanges _members;
    private readonly List<(RequestToken Token, LogIndex Index)> _waitingReads = [];
    private readonly Dictionary<RequestToken, (LeaseId Lease, bool Renew)> _leaseCalls = [];
    private readonly List<RequestToken> _superseded = [];
    private readonly ArrayBufferWriter<byte> _encoded = new();
    private KeySpace _space;
    private NodeEffects _next = new();
    private NodeEffects _taken = new();
    private ReadOnlyMemory<LogEntry> _afterInstall;
    private bool _isUnpublished;
    private int _exports;

    /// <param name="space">The state at <paramref name="recovered"/>'s snapshot.</param>
    public NodeCore(NodeOptions options, RaftOptions raft, RecoveredState recovered, KeySpace space)
    {
        _options = options;
        _space = space;
        _leases = new(options);
        _late = new(options.ElectionTicks);
        Snapshots = new(options, recovered.Snapshot.Index);
        _raft = new(raft, recovered);
        _members = new(options, _raft, _pending, recovered.Snapshot.Membership);
    }

    public MemberId Id => _raft.Id;

    public RaftRole Role => _raft.Role;

    public Term Term => _raft.Term;

    public MemberId Leader => _raft.Leader;

    /// <summary>It leads, or the leader has been heard within an election timeout.</summary>
    public bool HearsLeader => _raft.HearsLeader;

    public bool IsLearner => _raft.IsLearner;

    /// <summary>The configuration in force: the newest in the log, committed or not. Its members are talked to.</summary>
    public Membership Membership => _raft.Membership;

    /// <summary>The newest committed configuration that was applied: who is a member, for everybody who asks.</summary>
    public Membership AppliedMembership => _members.Applied;

    /// <summary>The other members as this leader sees them; empty unless it leads.</summary>
    public IReadOnlyList<FollowerStatus> Followers => _raft.Followers;

    /// <summary>The voter that would take over best; none unless leading.</summary>
    public MemberId BestSuccessor => _raft.BestSuccessor;

    /// <summary>The target of a hand-over that is under way.</summary>
    public MemberId TransferTarget => _raft.TransferTarget;

    public LogIndex LastIndex => _raft.LastIndex;

    public LogIndex CommitIndex => _raft.CommitIndex;

    public LogIndex AppliedIndex => _raft.AppliedIndex;

    public long SizeBytes => _space.SizeBytes;

    /// <summary>What was applied, for those who look at how a replica does.</summary>
    public AppliedOperations Applied { get; private set; }

    /// <summary>For the simulator's checkers, which look at every member's log after each step.</summary>
    internal RaftCore Raft => _raft;

    /// <summary>The view published last.</summary>
    public KeySpaceView View => _space.View;

    /// <summary>
    /// True once this leader has applied an entry of its own term: from then on its state holds everything that any leader
    /// before it acknowledged, and it counts leases down.
    /// </summary>
    public bool IsLeading => _leases.IsActive;

    /// <summary>When a snapshot is due.</summary>
    public SnapshotSchedule Snapshots { get; }

    /// <summary>
    /// A snapshot is due and can be made now: while one from the leader is on its way in, the log no longer describes the
    /// state.
    /// </summary>
    public bool IsSnapshotDue => Snapshots.IsDue(SizeBytes) && _raft.DescribeSnapshot(AppliedIndex) is not null;

    /// <summary>
    /// True when this replica alone decides what is committed, and its state holds everything that was ever acknowledged.
    /// </summary>
    public bool IsSoleVoter => IsLeading && !_raft.Membership.IsJoint && _raft.Membership.Voters is [var only] && only == _raft.Id;

    /// <summary>Puts a command into the log. The answer comes when it is applied, or at once when it is refused.</summary>
    /// <param name="command">Encoded; kept, so it must not change.</param>
    public void Propose(RequestToken token, ReadOnlyMemory<byte> command)
    {
        var proposal = _raft.Propose(command);
        if (proposal.Accepted)
        {
            _pending.Add(proposal.FirstIndex, proposal.Term, token);
            return;
        }

        _next.Commands.Add(new(token, proposal.Refusal.Outcome(), null));
    }

    /// <summary>
    /// Puts another member's commands into the log, next to each other; all or none. The member is told the place by the
    /// host and waits there itself (<see cref="Await"/>), so that the answer comes from its own state.
    /// </summary>
    /// <returns>The place of the first if the outcome is <see cref="RequestOutcome.Done"/>.</returns>
    public (RequestOutcome Outcome, LogIndex First, Term Term) ProposeFor(ReadOnlySpan<ReadOnlyMemory<byte>> commands)
    {
        var proposal = _raft.Propose(commands);
        return proposal.Accepted
            ? (RequestOutcome.Done, proposal.FirstIndex, proposal.Term)
            : (proposal.Refusal.Outcome(), LogIndex.Zero, Term.Zero);
    }

    /// <summary>
    /// Another member that leads <paramref name="term"/> has put a command of this one into the log; the answer comes when
    /// the entry at its place is applied here.
    /// </summary>
    public void Await(RequestToken token, LogIndex index, Term term)
    {
        if (index > AppliedIndex)
        {
            _pending.Add(index, term, token);
            return;
        }

        if (_late.TryTake(index, term, out var result))
        {
            _next.Commands.Add(new(token, RequestOutcome.Done, result));
            return;
        }

        // The word came long after the entry. If the place is this leader's the command was applied, but its result is gone.
        var outcome = _raft.TermAt(index) is { } applied && applied != term ? RequestOutcome.Superseded : RequestOutcome.Unknown;
        _next.Commands.Add(new(token, outcome, null));
    }

    /// <summary>
    /// Changes who belongs to the group, or what is known of its members. Answered when the new configuration is committed and
    /// applied, and a joint one that ends by itself has ended.
    /// </summary>
    /// <param name="changes">May be empty if <paramref name="info"/> is not.</param>
    /// <param name="info">New facts about members, also about those that are being added.</param>
    public void ProposeMembership(
        RequestToken token, IReadOnlyList<MemberChange> changes, JointMode mode, IReadOnlyDictionary<MemberId, MemberInfo> info) =>
        _members.Propose(token, changes, mode, info, _next);

    /// <summary>Hands leadership to another voter; commands are refused until it has taken over or an election timeout has passed.</summary>
    public TransferResult TransferLeadership(MemberId target) => _raft.TransferLeadership(target);

    /// <summary>Messages to <paramref name="member"/> are being lost.</summary>
    public void ReportUnreachable(MemberId member)
    {
        _members.Lost(member);
        _raft.ReportUnreachable(member);
    }

    /// <summary>The connection to <paramref name="member"/> was lost and its host refuses a new one: the process is gone.</summary>
    public void ReportConnectionRefused(MemberId member)
    {
        _members.Lost(member);
        _raft.ReportConnectionRefused(member);
    }

    /// <summary>What became of a snapshot that was to be sent: due for each <see cref="RaftMessage.InstallSnapshot"/>.</summary>
    public void ReportSnapshot(MemberId member, bool delivered) => _raft.ReportSnapshot(member, delivered);

    /// <summary>
    /// Asks for a moment from which on the published view holds every write acknowledged anywhere before this call. Many
    /// readers should share one token.
    /// </summary>
    public void Read(RequestToken token) => _raft.ReadIndex((ulong)token.Value);

    /// <summary>
    /// Gives a lease its full time again. Costs a read round, which all that wait share: a deposed leader must not renew
    /// what its successor is about to end, and a leader that has not applied a grant yet must not say that there is none.
    /// </summary>
    public void KeepAlive(RequestToken token, LeaseId lease) => AskLease(token, lease, renew: true);

    /// <summary>Asks for the time that a lease has left; a read round, as for <see cref="KeepAlive"/>.</summary>
    public void TimeToLive(RequestToken token, LeaseId lease) => AskLease(token, lease, renew: false);

    /// <summary>One unit of time has passed.</summary>
    public void Tick()
    {
        _raft.Tick();
        _leases.Tick();
        _late.Tick();
        ProposeExpiry();
        if (IsLeading)
        {
            _members.Promote();
        }
    }

    public void Receive(RaftMessage message)
    {
        _raft.Receive(message);
        _members.Heard(message.From);
    }

    /// <summary>All writes up to and including this one are durable.</summary>
    public void Persisted(ulong sequence) => _raft.Persisted(sequence);

    /// <summary>The snapshot that <see cref="NodeEffects.Install"/> named has been loaded.</summary>
    public void Installed(SnapshotMetadata snapshot, KeySpace space)
    {
        _space = space;
        _isUnpublished = true;
        Snapshots.Restart(snapshot.Index);
        _raft.Applied(snapshot.Index);
        foreach (var token in _pending.TakeSkipped(snapshot.Index))
        {
            _next.Commands.Add(new(token, RequestOutcome.Unknown, null));
        }

        _members.Installed(snapshot.Membership, _next);
    }

    /// <summary>
    /// What there is to do by now; call again until they are empty. Valid until the call after the next.
    /// </summary>
    public NodeEffects TakeEffects()
    {
        var effects = _next;
        (_next, _taken) = (_taken, _next);
        _next.Clear();

        var step = _raft.TakeEffects();
        effects.SendNow.AddRange(step.SendNow);
        if (step.Write is { } write)
        {
            effects.Writes.Add(write);
        }

        foreach (var read in step.Reads)
        {
            Take(read, effects);
        }

        effects.Membership = step.Memberships.Count > 0 ? step.Memberships[^1].Membership : null;
        effects.RoleChange = step.RoleChange;
        effects.Install = step.Install;
        if (step.Install is null)
        {
            Apply(_afterInstall.Span, effects);
            _afterInstall = default;
            Apply(step.Apply.Span, effects);
        }
        else
        {
            // These follow the snapshot, whose state the host loads first.
            _afterInstall = step.Apply;
        }

        AnswerSuperseded(effects);
        FollowRole(effects);
        Publish(effects);
        AnswerReads(effects);
        return effects;
    }

    /// <summary>Begins a snapshot of the present state; <see cref="EndSnapshot"/> must follow.</summary>
    public (SnapshotMetadata Metadata, KeySpaceView View) BeginSnapshot()
    {
        Invariant.Check(!_isUnpublished, "a snapshot was begun before the effects were taken");
        var metadata = _raft.DescribeSnapshot(AppliedIndex);
        Invariant.Check(metadata is not null, $"nothing describes the state at the applied entry {AppliedIndex}");
        Snapshots.Begin(AppliedIndex);
        return (metadata, _space.View);
    }

    /// <summary>The snapshot is durable, so the log before it may go; or it failed, and the next is due as before.</summary>
    public void EndSnapshot(SnapshotMetadata snapshot, bool succeeded)
    {
        Snapshots.End(succeeded);
        if (succeeded)
        {
            _raft.Compact(snapshot.Index);
        }
    }

    /// <summary>
    /// The present state and what describes it, to be read beside this thread. Nothing that it needs is dropped until
    /// <see cref="EndExport"/>, which must follow.
    /// </summary>
    public (SnapshotMetadata Metadata, KeySpaceView View) BeginExport()
    {
        Invariant.Check(!_isUnpublished, "an export was begun before the effects were taken");
        var metadata = _raft.DescribeSnapshot(AppliedIndex);
        Invariant.Check(metadata is not null, $"nothing describes the state at the applied entry {AppliedIndex}");
        _exports++;
        return (metadata, _space.View);
    }

    public void EndExport()
    {
        Invariant.Check(_exports > 0, "an export was ended that was not begun");
        _exports--;
    }

    /// <summary>
    /// Drops some of what compaction left behind, for idle moments. Withheld while a snapshot is written or exported: its
    /// view is older than the compaction may be.
    /// </summary>
    /// <returns>False when there is nothing to do now.</returns>
    public bool Trim(int versionsMax)
    {
        if (Snapshots.IsRunning || _exports > 0 || !_space.HasTrimming)
        {
            return false;
        }

        _space.Trim(versionsMax);

        // Views hold the list of changes: without a new one, what was dropped from it stays in memory.
        _next.Views.Add(_space.Publish());
        return true;
    }

    private void Apply(ReadOnlySpan<LogEntry> entries, NodeEffects effects)
    {
        if (entries.IsEmpty)
        {
            return;
        }

        foreach (ref readonly var entry in entries)
        {
            var token = _pending.Take(entry);
            if (entry.Kind == EntryKind.Command)
            {
                var result = Apply(entry, effects);
                if (token is { } waiting)
                {
                    effects.Commands.Add(new(waiting, RequestOutcome.Done, result));
                }
                else if (entry.Term < _raft.Term)
                {
                    _late.Add(entry, result);
                }
            }
            else if (entry.Kind == EntryKind.Membership)
            {
                _members.Apply(entry, token, effects);
            }
            else if (entry.Kind != EntryKind.Empty)
            {
                throw Unknown($"log entry {entry.Index} is of kind {(byte)entry.Kind}, which this program does not know", null);
            }

            Snapshots.Count(entry);
            _leases.Applied(entry, _raft);
        }

        effects.AppliedEntries += entries.Length;
        _raft.Applied(entries[^1].Index);
    }

    private void AnswerSuperseded(NodeEffects effects)
    {
        _pending.TakeSuperseded(_superseded);
        foreach (var token in _superseded)
        {
            effects.Commands.Add(new(token, RequestOutcome.Superseded, null));
        }

        _superseded.Clear();
    }

    private CommandResult Apply(in LogEntry entry, NodeEffects effects)
    {
        Command command;
        try
        {
            command = CommandCodec.Decode(entry.Data);
        }
        catch (FormatException error)
        {
            throw Unknown($"the command in log entry {entry.Index} cannot be read ({error.Message})", error);
        }

        if (command is CompactCommand)
        {
            // Who follows the changes has to get those from before the compaction in a view that still has them.
            Publish(effects);
        }

        var result = _space.Apply(command);
        _isUnpublished = true;
        _leases.Follow(command, result, effects);
        Applied = Applied.With(command, result);
        return result;
    }

    private static UnknownEntryException Unknown(string what, Exception? inner) =>
        new(what + "; a newer version of the program wrote it: run that version or a newer one on this member too", inner);

    private void Publish(NodeEffects effects)
    {
        if (_isUnpublished)
        {
            effects.Views.Add(_space.Publish());
            _isUnpublished = false;
        }
    }

    private void FollowRole(NodeEffects effects)
    {
        if (_leases.WantsStart)
        {
            Publish(effects);
            _leases.Start(_space.View);
        }
        else if (_leases.IsActive && _raft.Role != RaftRole.Leader)
        {
            _leases.Stop(effects);
        }
    }

    private void Take(in ReadResult read, NodeEffects effects)
    {
        var token = new RequestToken((long)read.ReadId);
        if (read.Outcome == ReadOutcome.Ready)
        {
            _waitingReads.Add((token, read.Index));
            return;
        }

        var outcome = read.Outcome == ReadOutcome.Overloaded ? RequestOutcome.Overloaded : RequestOutcome.NotLeader;
        if (_leaseCalls.Remove(token))
        {
            effects.Leases.Add(new(token, outcome, null));
        }
        else
        {
            effects.Reads.Add(new(token, outcome));
        }
    }

    private void AskLease(RequestToken token, LeaseId lease, bool renew)
    {
        if (!_leases.IsActive)
        {
            _next.Leases.Add(new(token, RequestOutcome.NotLeader, null));
            return;
        }

        _leaseCalls.Add(token, (lease, renew));
        _raft.ReadIndex((ulong)token.Value);
    }

    private void AnswerRead(RequestToken token, NodeEffects effects)
    {
        if (!_leaseCalls.Remove(token, out var call))
        {
            effects.Reads.Add(new(token, RequestOutcome.Done));
        }
        else if (call.Renew)
        {
            _leases.KeepAlive(token, call.Lease, effects);
        }
        else
        {
            _leases.TimeToLive(token, call.Lease, effects);
        }
    }

    private void AnswerReads(NodeEffects effects)
    {
        var kept = 0;
        for (var i = 0; i < _waitingReads.Count; i++)
        {
            var read = _waitingReads[i];
            if (read.Index <= AppliedIndex)
            {
                AnswerRead(read.Token, effects);
            }
            else
            {
                _waitingReads[kept++] = read;
            }
        }

        _waitingReads.RemoveRange(kept, _waitingReads.Count - kept);
    }

    private void ProposeExpiry()
    {
        if (_leases.TakeExpired() is not { } expired)
        {
            return;
        }

        _encoded.ResetWrittenCount();
        CommandCodec.Encode(new LeaseExpireCommand(expired), _encoded);
        var proposal = _raft.Propose(_encoded.WrittenSpan.ToArray());
        if (!proposal.Accepted)
        {
            // No leader any more, or too much is waiting: the next tick tries again.
            _leases.PutBack(expired);
        }
    }
}
