namespace Concord.Raft;

/// <summary>
/// One member of a Raft group as a synchronous, deterministic state machine: the host calls inputs, then takes the
/// <see cref="Effects"/> and performs them. In this project "section" refers to Ongaro and Ousterhout, "In Search of an
/// Understandable Consensus Algorithm" (extended version, 2014), "thesis" to Ongaro's dissertation (2014).
/// <para>
/// Any number of inputs may be given before the effects are taken; they then share one write and one message per
/// follower. After each batch of inputs, take effects until they are empty. Not thread-safe. After an
/// <see cref="InvariantViolationException"/> the member must stop.
/// </para>
/// </summary>
public sealed class RaftCore
{
    private readonly MemberState _state;
    private readonly Roles _roles;
    private readonly EffectsBuilder _effects;

    /// <summary>A group of one stands for election here; it leads as soon as that first write is durable.</summary>
    /// <exception cref="ArgumentException">The options are wrong; the message lists everything that is.</exception>
    /// <exception cref="InvariantViolationException">The recovered state contradicts itself.</exception>
    public RaftCore(RaftOptions options, RecoveredState recovered)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(recovered);
        if (options.Validate() is { Count: > 0 } errors)
        {
            throw new ArgumentException(string.Join(' ', errors), nameof(options));
        }

        _state = new MemberState(options, recovered);
        _roles = new Roles(_state);
        _effects = new EffectsBuilder(_state);
        _roles.Start();
    }

    public MemberId Id => _state.Id;

    public RaftRole Role => _state.Role;

    public Term Term => _state.Term;

    /// <summary>Who got this member's vote in <see cref="Term"/>.</summary>
    public MemberId Vote => _state.Vote;

    /// <summary><see cref="MemberId.None"/> when unknown.</summary>
    public MemberId Leader => _state.Leader;

    /// <summary>It leads, or the leader has been heard within an election timeout.</summary>
    public bool HearsLeader => _state.IsLeader || (!_state.Leader.IsNone && _state.ElectionElapsed < _state.Options.ElectionTicks);

    /// <summary>The first entry still in memory; one past <see cref="LastIndex"/> if there is none.</summary>
    public LogIndex FirstIndex => _state.Log.FirstIndex;

    public LogIndex LastIndex => _state.Log.LastIndex;

    public LogIndex CommitIndex => _state.Log.Committed;

    /// <summary>Durable on this member.</summary>
    public LogIndex PersistedIndex => _state.Log.Persisted;

    public LogIndex AppliedIndex => _state.Log.Applied;

    /// <summary>The newest snapshot that this member has, or is about to write.</summary>
    public SnapshotMetadata Snapshot => _state.Log.Snapshot;

    /// <summary>The configuration in force: the newest in the log, committed or not (section 6).</summary>
    public Membership Membership => _state.Membership;

    public bool IsLearner => _state.Membership.Learners.Contains(_state.Id);

    /// <summary>The target of a hand-over that is under way, or <see cref="MemberId.None"/>.</summary>
    public MemberId TransferTarget => _roles.Transfer.Target;

    /// <summary>The other members as this leader sees them, by id; empty unless it leads.</summary>
    public IReadOnlyList<FollowerStatus> Followers =>
        [.. _roles.Replication.Followers.Select(f => new FollowerStatus(f.Id, f.Mode, f.Match, f.Next, f.Active))];

    /// <summary>Term of an entry, or null if it is compacted away or not there yet.</summary>
    public Term? TermAt(LogIndex index) => _state.Log.TermAt(index);

    /// <summary>Time, in the host's unit, has passed by one.</summary>
    public void Tick() => _roles.Tick();

    /// <summary>A message for this member, in any order, any number of times.</summary>
    /// <exception cref="ArgumentException">The message is for another member: the transport must not mix them up.</exception>
    public void Receive(RaftMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.To != Id || message.From == Id || message.From.IsNone)
        {
            throw new ArgumentException($"a message from {message.From} to {message.To} reached member {Id}", nameof(message));
        }

        _roles.Receive(message);
    }

    /// <summary>Appends commands, in order and next to each other; all or none.</summary>
    public ProposalResult Propose(ReadOnlySpan<ReadOnlyMemory<byte>> commands)
    {
        if (RefusalNow() is { } refusal)
        {
            return refusal;
        }

        long bytes = 0;
        foreach (var command in commands)
        {
            if (command.Length > _state.Options.MaxEntryBytes)
            {
                return ProposalResult.Refused(
                    ProposalRefusal.TooLarge, $"a command of {command.Length} bytes exceeds the limit of {_state.Options.MaxEntryBytes}");
            }

            bytes += RaftLog.Weigh(command);
        }

        if (!_roles.Replication.HasRoom(bytes))
        {
            return ProposalResult.Refused(
                ProposalRefusal.Overloaded, $"{_state.Options.MaxUncommittedBytes} bytes are waiting for a quorum: try again later");
        }

        var first = LastIndex.Next;
        foreach (var command in commands)
        {
            _roles.Replication.Append(EntryKind.Command, command);
        }

        return ProposalResult.At(first, Term);
    }

    public ProposalResult Propose(ReadOnlyMemory<byte> command) => Propose([command]);

    /// <summary>
    /// Changes the group. One change at a time: the one before must be committed, and this leader must have committed
    /// an entry of its term, or two changes unknown to each other could lead to majorities that do not meet.
    /// </summary>
    public ProposalResult ProposeMembership(MembershipChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (RefusalNow() is { } refusal)
        {
            return refusal;
        }

        if (!_state.CommittedInTerm)
        {
            return ProposalResult.Refused(ProposalRefusal.ChangePending, "this leader has not committed an entry of its term yet: try again later");
        }

        if (_state.Memberships.Newest.Index > CommitIndex)
        {
            return ProposalResult.Refused(ProposalRefusal.ChangePending, "the last change is not committed yet: try again later");
        }

        if (change.Context is { } context && context.Length > MembershipCodec.MaxContextBytes)
        {
            return ProposalResult.Refused(ProposalRefusal.InvalidChange, $"the context exceeds {MembershipCodec.MaxContextBytes} bytes");
        }

        var (next, reason) = MembershipRules.Apply(Membership, change, _state.Options.MaxMembers);
        if (next is null)
        {
            return ProposalResult.Refused(ProposalRefusal.InvalidChange, reason);
        }

        var index = LastIndex.Next;
        _roles.AppendMembership(next);
        return ProposalResult.At(index, Term);
    }

    /// <summary>
    /// Asks for an index that makes a read linearizable; the answer is in <see cref="Effects.Reads"/>. Works on every
    /// member: others than the leader ask it.
    /// </summary>
    /// <param name="readId">The host's number for it; repeated in the answer, not looked at.</param>
    public void ReadIndex(ulong readId) => _roles.ReadIndex(readId);

    /// <summary>All writes up to <see cref="LogWrite.Sequence"/> are durable. Repeating it is harmless.</summary>
    public void Persisted(ulong sequence)
    {
        var durable = _state.Writes.Complete(sequence);
        _state.Log.PersistedTo(durable.LastIndex);
        _state.Durable = durable.HardState ?? _state.Durable;
        _state.Outbox.Install = durable.Snapshot ?? _state.Outbox.Install;
        _roles.Persisted();
    }

    /// <summary>
    /// The state machine has applied everything up to <paramref name="index"/>, or loaded the snapshot there.
    /// </summary>
    public void Applied(LogIndex index) => _state.Log.AppliedTo(index);

    /// <summary>
    /// What describes a snapshot of the state after <paramref name="applied"/>; null if a newer one took its place.
    /// </summary>
    public SnapshotMetadata? DescribeSnapshot(LogIndex applied)
    {
        Invariant.Check(applied <= AppliedIndex, $"no snapshot can describe {applied}: only {AppliedIndex} is applied");
        return _state.Log.TermAt(applied) is { } term ? new SnapshotMetadata(applied, term, _state.Memberships.At(applied)) : null;
    }

    /// <summary>
    /// Storage holds a snapshot at <paramref name="snapshot"/>: the log before it may go, less what late followers are
    /// likely to need. Storage may drop its own log up to the snapshot. Ignored if a newer snapshot is known.
    /// </summary>
    public void Compact(LogIndex snapshot)
    {
        if (snapshot <= _state.Log.Snapshot.Index || DescribeSnapshot(snapshot) is not { } metadata)
        {
            return;
        }

        var log = _state.Log;
        var keepFrom = log.CatchUpStart(snapshot, _state.Options.CatchUpEntries, _state.Options.CatchUpBytes);
        var dropTo = RaftLog.Max(_roles.Replication.CompactionBound(keepFrom), log.Base);
        log.Compact(metadata, dropTo);
        _state.Memberships.CompactTo(dropTo);
    }

    /// <summary>Hands leadership to another voter; proposals are refused meanwhile. Ends with a new leader or a timeout.</summary>
    public TransferResult TransferLeadership(MemberId target) => _roles.Transfer.Start(target);

    /// <summary>The voter that would take over best: heard from lately, then holding most of the log. None unless leading.</summary>
    public MemberId BestSuccessor => _roles.Replication.BestSuccessor()?.Id ?? MemberId.None;

    /// <summary>Stands for election now, by pre-vote if that is on. Nothing happens to a leader or a member without a vote.</summary>
    public void Campaign() => _roles.Campaign();

    /// <summary>
    /// Acts as if the leader had not been heard, so that this member's vote is free. False unless a follower, or when
    /// read leases forbid it.
    /// </summary>
    public bool ForgetLeader() => _roles.ForgetLeader();

    /// <summary>Messages to <paramref name="member"/> are being lost.</summary>
    public void ReportUnreachable(MemberId member) => _roles.Replication.Unreachable(member);

    /// <summary>
    /// The connection to <paramref name="member"/> was lost and its host refuses a new one: the process is gone. If it led,
    /// an election starts after a short random delay instead of a whole timeout.
    /// </summary>
    public void ReportConnectionRefused(MemberId member) => _roles.ConnectionRefused(member);

    /// <summary>
    /// Every <see cref="RaftMessage.InstallSnapshot"/> taken from the effects must be reported once its data was
    /// delivered, or could not be: until then nothing else is sent to the member.
    /// </summary>
    public void ReportSnapshot(MemberId member, bool delivered) => _roles.Replication.SnapshotReported(member, delivered);

    /// <summary>What to do now. The object is used again by the next call.</summary>
    public Effects TakeEffects()
    {
        _roles.Flush();
        return _effects.Take();
    }

    private ProposalResult? RefusalNow()
    {
        if (Role != RaftRole.Leader)
        {
            return ProposalResult.Refused(ProposalRefusal.NotLeader);
        }

        return _roles.Transfer.IsActive ? ProposalResult.Refused(ProposalRefusal.Transferring) : null;
    }
}
