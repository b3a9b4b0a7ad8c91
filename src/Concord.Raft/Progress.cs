namespace Concord.Raft;

/// <summary>How the leader sends to a follower.</summary>
public enum ReplicationMode
{
    /// <summary>Where the logs agree is not known: one message, then wait.</summary>
    Probe = 0,

    /// <summary>The logs agree: send ahead without waiting, within the window.</summary>
    Replicate = 1,

    /// <summary>The follower needs a snapshot: send nothing until it arrived or failed.</summary>
    Snapshot = 2,
}

/// <summary>
/// The leader's view of one other member (figure 2: nextIndex and matchIndex) and the window of what is on its way.
/// Always <c>Match &lt; Next</c>; everything below <see cref="Next"/> was sent, everything up to <see cref="Match"/> is
/// durable there.
/// </summary>
internal sealed class Progress(MemberId id, LogIndex next)
{
    private readonly Queue<(LogIndex Last, long Bytes)> _inflight = [];

    public MemberId Id { get; } = id;

    public ReplicationMode Mode { get; private set; } = ReplicationMode.Probe;

    public LogIndex Match { get; private set; }

    public LogIndex Next { get; private set; } = next;

    /// <summary>The greatest commit index that was sent.</summary>
    public LogIndex SentCommit { get; private set; }

    /// <summary>While a snapshot is on its way, its index.</summary>
    public LogIndex PendingSnapshot { get; private set; }

    /// <summary>A probe is on its way; the next one waits for an answer or a heartbeat's.</summary>
    public bool ProbeSent { get; private set; }

    /// <summary>Heard from since the last quorum check.</summary>
    public bool Active { get; set; }

    /// <summary>The newest read round that it confirmed.</summary>
    public ulong ReadRound { get; set; }

    /// <summary><see cref="Match"/> when the last heartbeat was answered: no change since then means that something got lost.</summary>
    public LogIndex MatchAtHeartbeat { get; set; }

    public long InflightBytes { get; private set; }

    public long InflightEntries => Mode == ReplicationMode.Replicate ? Next - Match - 1 : 0;

    public bool IsFull(RaftOptions options) =>
        InflightEntries >= options.MaxInflightEntries || InflightBytes >= options.MaxInflightBytes;

    public void Sent(ReadOnlySpan<LogEntry> entries, LogIndex commit)
    {
        SentCommit = RaftLog.Max(SentCommit, commit);
        if (Mode == ReplicationMode.Probe)
        {
            ProbeSent = true;
        }
        else if (!entries.IsEmpty)
        {
            long bytes = 0;
            foreach (ref readonly var entry in entries)
            {
                bytes += RaftLog.Weigh(entry);
            }

            Next = entries[^1].Index.Next;
            _inflight.Enqueue((Next.Previous, bytes));
            InflightBytes += bytes;
        }
    }

    public void SentHeartbeat(LogIndex commit) => SentCommit = RaftLog.Max(SentCommit, commit);

    /// <summary>The follower holds the log up to <paramref name="index"/>. True if that is news.</summary>
    public bool Acknowledge(LogIndex index)
    {
        bool news = index > Match;
        Match = RaftLog.Max(Match, index);
        Next = RaftLog.Max(Next, index.Next);
        if (news)
        {
            ProbeSent = false;
        }

        while (_inflight.TryPeek(out var first) && first.Last <= Match)
        {
            InflightBytes -= _inflight.Dequeue().Bytes;
        }

        return news;
    }

    /// <summary>
    /// The follower does not hold <paramref name="refused"/>. False if the answer is out of date: while replicating, one
    /// about something acknowledged since; while probing, one to another question than the last; while a snapshot is on its way, always.
    /// </summary>
    public bool Refuse(LogIndex refused, LogIndex hint)
    {
        if (Mode == ReplicationMode.Replicate)
        {
            if (refused <= Match)
            {
                return false;
            }

            BecomeProbe();
            return true;
        }

        if (Mode == ReplicationMode.Snapshot || Next.Previous != refused)
        {
            return false;
        }

        Next = RaftLog.Max(RaftLog.Min(refused, hint.Next), Match.Next);
        SentCommit = RaftLog.Min(SentCommit, Next.Previous);
        ProbeSent = false;
        return true;
    }

    /// <summary>After a snapshot, go on behind it; else behind what is known to be there.</summary>
    public void BecomeProbe()
    {
        Next = Mode == ReplicationMode.Snapshot ? RaftLog.Max(Match.Next, PendingSnapshot.Next) : Match.Next;
        Enter(ReplicationMode.Probe);
        SentCommit = RaftLog.Min(SentCommit, Next.Previous);
    }

    public void BecomeReplicate()
    {
        Next = Match.Next;
        Enter(ReplicationMode.Replicate);
    }

    public void BecomeSnapshot(LogIndex snapshot)
    {
        Enter(ReplicationMode.Snapshot);
        PendingSnapshot = snapshot;
        Next = snapshot.Next;
        SentCommit = snapshot;
    }

    public void ForgetPendingSnapshot() => PendingSnapshot = LogIndex.Zero;

    /// <summary>Wait for an answer or a heartbeat before the next probe.</summary>
    public void HoldProbe() => ProbeSent = true;

    public void AllowProbe() => ProbeSent = false;

    private void Enter(ReplicationMode mode)
    {
        Mode = mode;
        ProbeSent = false;
        PendingSnapshot = LogIndex.Zero;
        _inflight.Clear();
        InflightBytes = 0;
    }
}

/// <summary>One member as its leader sees it, for status output.</summary>
/// <param name="Match">Durable there up to this index.</param>
/// <param name="Active">Heard from since the last quorum check.</param>
public readonly record struct FollowerStatus(MemberId Member, ReplicationMode Mode, LogIndex Match, LogIndex Next, bool Active);
