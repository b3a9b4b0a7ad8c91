namespace Concord.Raft;

/// <summary>
/// What the host has to do after a step. The order is the protocol's safety; the lists make it hard to get wrong:
/// <list type="number">
/// <item><see cref="SendNow"/> depends on nothing that is not durable already: send at once, also while a flush runs. A
/// leader's AppendEntries are here (thesis 10.2.1): its own flush runs beside the followers', and its own log counts
/// for the commit only after <see cref="RaftCore.Persisted"/>, with one voter too.</item>
/// <item><see cref="Write"/> must be made durable, writes in the order of their sequence numbers. Only then its
/// <see cref="LogWrite.SendAfter"/> may leave, and <see cref="RaftCore.Persisted"/> is called. The host need not wait
/// before the next step: several writes may be under way.</item>
/// <item><see cref="Install"/>, if any, replaces the state machine; then <see cref="Apply"/> is applied in order; then
/// <see cref="RaftCore.Applied"/> is called. Both are committed and durable on this member already.</item>
/// <item><see cref="Reads"/> are answered when the state machine has applied their index.</item>
/// </list>
/// The object and its lists are used again by the next <see cref="RaftCore.TakeEffects"/>. Entries, messages and writes
/// are immutable and may be kept.
/// </summary>
public sealed class Effects
{
    internal List<RaftMessage> SendNowList { get; } = [];

    internal List<ReadResult> ReadsList { get; } = [];

    internal List<MembershipEntry> MembershipsList { get; } = [];

    public IReadOnlyList<RaftMessage> SendNow => SendNowList;

    public LogWrite? Write { get; internal set; }

    /// <summary>A snapshot received from the leader, durable by now: load it, then report its index applied.</summary>
    public SnapshotMetadata? Install { get; internal set; }

    /// <summary>Committed entries, in order, each handed out once.</summary>
    public ReadOnlyMemory<LogEntry> Apply { get; internal set; }

    public IReadOnlyList<ReadResult> Reads => ReadsList;

    /// <summary>Role, term or leader changed; the new ones.</summary>
    public RoleChange? RoleChange { get; internal set; }

    /// <summary>
    /// Configurations that took effect in this step, oldest first (the last is in force). Not committed yet: use them to
    /// connect to new members, not as the record of who is a member (that is <see cref="Apply"/>).
    /// </summary>
    public IReadOnlyList<MembershipEntry> Memberships => MembershipsList;

    public bool IsEmpty =>
        SendNow.Count == 0 && Write is null && Install is null && Apply.IsEmpty && Reads.Count == 0 && RoleChange is null && Memberships.Count == 0;

    internal void Clear()
    {
        SendNowList.Clear();
        ReadsList.Clear();
        MembershipsList.Clear();
        Write = null;
        Install = null;
        Apply = default;
        RoleChange = null;
    }
}

/// <summary>
/// One write to storage, all or nothing as seen after a crash in this order: the snapshot takes the place of the whole
/// log; the entries discard whatever the log holds from the first of them on; the hard state comes last.
/// </summary>
/// <param name="Sequence">Rises by one; what <see cref="RaftCore.Persisted"/> reports.</param>
/// <param name="Snapshot">Received and complete, to be made the member's snapshot.</param>
/// <param name="HardState">Null when unchanged.</param>
/// <param name="SendAfter">Promises: they must not leave before the write is durable.</param>
public sealed record LogWrite(
    ulong Sequence,
    SnapshotMetadata? Snapshot,
    ReadOnlyMemory<LogEntry> Entries,
    HardState? HardState,
    IReadOnlyList<RaftMessage> SendAfter)
{
    /// <summary>False for a write that only waits for the ones before it.</summary>
    public bool MustFlush => Snapshot is not null || !Entries.IsEmpty || HardState is not null;
}

public enum ReadOutcome
{
    /// <summary>Serve from the state machine once it has applied the index.</summary>
    Ready = 0,

    /// <summary>No leader is known, or it changed before it answered. Ask again with a new read.</summary>
    LeaderLost = 1,

    /// <summary>Too many readers wait; nothing was started.</summary>
    Overloaded = 2,
}

/// <param name="Index">Meaningful only when <see cref="ReadOutcome.Ready"/>.</param>
public readonly record struct ReadResult(ulong ReadId, ReadOutcome Outcome, LogIndex Index);

public enum RaftRole
{
    /// <summary>Also a learner, which is a follower without a vote.</summary>
    Follower = 0,
    PreCandidate = 1,
    Candidate = 2,
    Leader = 3,
}

/// <param name="Leader"><see cref="MemberId.None"/> when unknown.</param>
public readonly record struct RoleChange(RaftRole Role, Term Term, MemberId Leader);
