namespace Concord.Raft;

/// <summary>How the leader proves that it still leads before it serves a linearizable read.</summary>
public enum ReadMode
{
    /// <summary>A round of heartbeats to a quorum (thesis section 6.4). Needs no clock at all.</summary>
    Quorum = 0,

    /// <summary>
    /// A lease in ticks, renewed by each confirmed round (thesis section 6.4.1). Assumes that during one election
    /// timeout no member's clock gains more than <see cref="RaftOptions.LeaseMarginTicks"/> on the leader's, pauses of
    /// the process between the check and the read included. Where that does not hold, reads may be stale.
    /// </summary>
    Lease = 1,
}

/// <summary>What a <see cref="RaftCore"/> is built from. Each limit says why it is there.</summary>
public sealed record RaftOptions
{
    public required MemberId Id { get; init; }

    /// <summary>
    /// Source of every random choice. Must differ between members (else they time out together) and between starts of
    /// one member: it also tells the answers to this run's forwarded reads from those to an earlier run's.
    /// </summary>
    public required ulong Seed { get; init; }

    /// <summary>Election timeout; the actual one is drawn from [this, 2 × this) (section 5.2).</summary>
    public int ElectionTicks { get; init; } = 10;

    /// <summary>Ticks between heartbeats; a tenth of the election timeout survives a few lost ones.</summary>
    public int HeartbeatTicks { get; init; } = 1;

    /// <summary>Ask before disturbing: a member cut off from the others never raises the term (thesis section 9.6).</summary>
    public bool PreVote { get; init; } = true;

    /// <summary>
    /// A leader that hears no quorum for an election timeout steps down, and members that hear a leader refuse votes
    /// (thesis sections 6.2 and 4.2.3).
    /// </summary>
    public bool CheckQuorum { get; init; } = true;

    public ReadMode Reads { get; init; } = ReadMode.Quorum;

    /// <summary>Subtracted from the election timeout to get the length of a read lease.</summary>
    public int LeaseMarginTicks { get; init; } = 2;

    /// <summary>
    /// Upper bound of the random delay before the pre-vote that follows a refused connection to the leader. Long enough
    /// that members seldom collide, short against the election timeout that it saves.
    /// </summary>
    public int QuickElectionTicks { get; init; } = 3;

    /// <summary>
    /// A leader whose oldest write has been under way for so long hands leadership over: its disk is failing, and although
    /// the others can commit without it, its clients wait for what it cannot apply. Long enough for a busy disk's worst flush.
    /// </summary>
    public int SlowFlushTicks { get; init; } = 50;

    /// <summary>Payload of one AppendEntries: large enough to amortise its cost, small enough not to delay heartbeats.</summary>
    public int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>One entry's data; a larger one could never be sent within the codec's limit.</summary>
    public int MaxEntryBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Entries on their way to one follower: what must be sent again when a connection breaks.</summary>
    public int MaxInflightEntries { get; init; } = 8192;

    /// <summary>Bytes on their way to one follower: bounds what a slow one can hold in send buffers.</summary>
    public long MaxInflightBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Proposed but uncommitted bytes: bounds the leader's memory while there is no quorum.</summary>
    public long MaxUncommittedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes handed out for applying and not reported applied: bounds the work of one turn.</summary>
    public long MaxApplyBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Entries kept before a snapshot so that a follower that is a little late needs no snapshot.</summary>
    public int CatchUpEntries { get; init; } = 5000;

    /// <summary>Bound of <see cref="CatchUpEntries"/> in bytes, for the sake of memory when entries are large.</summary>
    public long CatchUpBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Readers waiting for a round; beyond this they are refused instead of piling up.</summary>
    public int MaxPendingReads { get; init; } = 65_536;

    /// <summary>Read rounds under way: hides the network's latency without a heartbeat for each step.</summary>
    public int MaxReadRounds { get; init; } = 4;

    /// <summary>Members of all kinds. More voters make commits slower, not safer.</summary>
    public int MaxMembers { get; init; } = 31;

    /// <summary>None, except in the simulator's canaries.</summary>
    internal BrokenRules Broken { get; init; }

    /// <summary>Everything that is wrong, each naming the field and the remedy; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> errors = [];
        Require(errors, !Id.IsNone, $"{nameof(Id)} must not be zero: give each member its own number.");
        Require(errors, HeartbeatTicks >= 1, $"{nameof(HeartbeatTicks)} must be at least 1.");
        Require(errors, ElectionTicks > HeartbeatTicks,
            $"{nameof(ElectionTicks)} ({ElectionTicks}) must be greater than {nameof(HeartbeatTicks)} ({HeartbeatTicks}): use about ten times as many.");
        Require(errors, QuickElectionTicks >= 1, $"{nameof(QuickElectionTicks)} must be at least 1.");
        Require(errors, SlowFlushTicks >= 1, $"{nameof(SlowFlushTicks)} must be at least 1.");
        Require(errors, MaxMessageBytes >= 1, $"{nameof(MaxMessageBytes)} must be at least 1.");
        Require(errors, MaxEntryBytes is >= 1 and <= MessageCodec.MaxEntryBytes,
            $"{nameof(MaxEntryBytes)} must be between 1 and {MessageCodec.MaxEntryBytes}: the message codec accepts no more.");
        Require(errors, MaxInflightEntries >= 1, $"{nameof(MaxInflightEntries)} must be at least 1.");
        Require(errors, MaxInflightBytes >= MaxMessageBytes,
            $"{nameof(MaxInflightBytes)} ({MaxInflightBytes}) must be at least {nameof(MaxMessageBytes)} ({MaxMessageBytes}): else no full message could be sent.");
        Require(errors, MaxUncommittedBytes >= 1, $"{nameof(MaxUncommittedBytes)} must be at least 1.");
        Require(errors, MaxApplyBytes >= 1, $"{nameof(MaxApplyBytes)} must be at least 1.");
        Require(errors, CatchUpEntries >= 0, $"{nameof(CatchUpEntries)} must not be negative.");
        Require(errors, CatchUpBytes >= 0, $"{nameof(CatchUpBytes)} must not be negative.");
        Require(errors, MaxPendingReads >= 1, $"{nameof(MaxPendingReads)} must be at least 1.");
        Require(errors, MaxReadRounds >= 1, $"{nameof(MaxReadRounds)} must be at least 1.");
        Require(errors, MaxMembers is >= 1 and <= MembershipCodec.MaxMembers,
            $"{nameof(MaxMembers)} must be between 1 and {MembershipCodec.MaxMembers}.");
        if (Reads == ReadMode.Lease)
        {
            Require(errors, CheckQuorum, $"{nameof(Reads)} = {ReadMode.Lease} needs {nameof(CheckQuorum)}: without it another leader may be elected during the lease.");
            Require(errors, LeaseMarginTicks >= 1 && LeaseMarginTicks < ElectionTicks,
                $"{nameof(LeaseMarginTicks)} ({LeaseMarginTicks}) must be at least 1 and below {nameof(ElectionTicks)} ({ElectionTicks}).");
        }

        return errors;
    }

    private static void Require(List<string> errors, bool condition, string error)
    {
        if (!condition)
        {
            errors.Add(error);
        }
    }
}
