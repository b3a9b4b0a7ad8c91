namespace Concord.Raft;

/// <summary>
/// What a member knows whatever its role (figure 2, "state"), shared by the parts of the core that hold the rules:
/// <see cref="Elections"/>, <see cref="Following"/>, <see cref="Replication"/>, <see cref="ReadRounds"/>,
/// <see cref="ForwardedReads"/>. Only <see cref="RaftCore"/> changes the role.
/// </summary>
internal sealed class MemberState
{
    private SplitMix _random;

    public MemberState(RaftOptions options, RecoveredState recovered)
    {
        Options = options;
        Term = recovered.HardState.Term;
        Vote = recovered.HardState.Vote;
        Log = new RaftLog(recovered.Snapshot, recovered.Entries.Span, recovered.HardState.Commit);
        Invariant.Check(Log.LastTerm <= Term, $"the log's last term {Log.LastTerm} is ahead of the recovered term {Term}");
        Memberships = new MembershipHistory(recovered.Snapshot);
        foreach (ref readonly var entry in recovered.Entries.Span)
        {
            if (entry.Kind == EntryKind.Membership)
            {
                Memberships.Append(entry);
            }
        }

        Written = Durable = recovered.HardState;
        _random = new SplitMix(options.Seed);
        Session = _random.Next();
        ResetElectionTimer();
    }

    public RaftOptions Options { get; }

    public MemberId Id => Options.Id;

    /// <summary>Names this run of the member.</summary>
    public ulong Session { get; }

    public Term Term { get; set; }

    public MemberId Vote { get; set; }

    public RaftRole Role { get; set; }

    public MemberId Leader { get; set; }

    public RaftLog Log { get; }

    public MembershipHistory Memberships { get; }

    public PendingWrites Writes { get; } = new();

    public Outbox Outbox { get; } = new();

    /// <summary>The hard state that was last handed to the host, and the last one reported durable.</summary>
    public HardState Written { get; set; }

    public HardState Durable { get; set; }

    /// <summary>Ticks since the leader was heard, the vote given or the election started; for a leader since the last quorum check.</summary>
    public int ElectionElapsed { get; set; }

    public int ElectionTimeout { get; private set; }

    public bool IsLeader => Role == RaftRole.Leader;

    public Membership Membership => Memberships.Current;

    /// <summary>Counted in elections and commits, by either half of a joint configuration.</summary>
    public bool IsVoter => IsVoterOf(Membership, Id);

    public bool CommittedInTerm => Log.TermAt(Log.Committed) == Term;

    public static bool IsVoterOf(Membership membership, MemberId member) =>
        membership.Voters.Contains(member) || membership.OutgoingVoters.Contains(member);

    public bool Breaks(BrokenRules rule) => (Options.Broken & rule) != 0;

    /// <summary>Randomised in [T, 2T) so that split votes are rare and end soon (section 5.2).</summary>
    public void ResetElectionTimer() => ResetElectionTimer(Options.ElectionTicks + _random.Below(Options.ElectionTicks));

    public void ResetElectionTimer(int timeout)
    {
        ElectionElapsed = 0;
        ElectionTimeout = timeout;
    }

    /// <summary>A delay in [1, <paramref name="bound"/>].</summary>
    public int RandomTicks(int bound) => 1 + _random.Below(bound);

    public void Append(in LogEntry entry)
    {
        Log.Append(entry);
        if (entry.Kind == EntryKind.Membership)
        {
            Memberships.Append(entry);
            Outbox.Memberships.Add(Memberships.Newest);
        }
    }

    /// <summary>The log's end does not agree with the leader's (section 5.3): it goes, and what it put in force with it.</summary>
    public void TruncateFrom(LogIndex index)
    {
        Log.TruncateFrom(index);
        if (!Breaks(BrokenRules.CountsStaleFlushes))
        {
            Writes.CutTo(Log.LastIndex);
        }

        if (Memberships.TruncateFrom(index))
        {
            Outbox.Memberships.Add(Memberships.Newest);
        }
    }

    public void Restore(SnapshotMetadata snapshot)
    {
        Log.Restore(snapshot);
        Writes.ForgetEntries();
        Memberships.Reset(snapshot);
        Outbox.Memberships.Add(Memberships.Newest);
        Outbox.Snapshot = snapshot;
    }
}

/// <summary>What the parts of the core have decided since the host last took the effects.</summary>
internal sealed class Outbox
{
    public List<RaftMessage> Now { get; } = [];

    /// <summary>Promises: a vote given or asked for, entries acknowledged.</summary>
    public List<RaftMessage> AfterPersist { get; } = [];

    public List<ReadResult> Reads { get; } = [];

    public List<MembershipEntry> Memberships { get; } = [];

    /// <summary>Received, to be written.</summary>
    public SnapshotMetadata? Snapshot { get; set; }

    /// <summary>Written, to be loaded.</summary>
    public SnapshotMetadata? Install { get; set; }
}
