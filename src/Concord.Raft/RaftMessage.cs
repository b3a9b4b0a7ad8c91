namespace Concord.Raft;

/// <summary>
/// What members say to each other. A closed set: the messages of the paper (figure 2, figure 13) and of the thesis
/// (pre-vote 9.6, leadership transfer 3.10, reads 6.4). <see cref="Term"/> is the sender's term unless a message says
/// otherwise. Lost, repeated and reordered messages are harmless.
/// </summary>
public abstract record RaftMessage
{
    private RaftMessage(MemberId from, MemberId to, Term term)
    {
        From = from;
        To = to;
        Term = term;
    }

    public MemberId From { get; init; }

    public MemberId To { get; init; }

    public Term Term { get; init; }

    /// <summary>A candidate asks for a vote (section 5.2).</summary>
    /// <param name="LastIndex">The candidate's last entry: voters refuse a log that is older than theirs (5.4.1).</param>
    /// <param name="Transfer">The old leader asked for this election, so a voter need not wait for it to fall silent.</param>
    public sealed record RequestVote(MemberId From, MemberId To, Term Term, LogIndex LastIndex, Term LastTerm, bool Transfer)
        : RaftMessage(From, To, Term);

    public sealed record RequestVoteResponse(MemberId From, MemberId To, Term Term, bool Granted) : RaftMessage(From, To, Term);

    /// <summary>
    /// Would you vote for me? (thesis 9.6) Promises nothing and changes nothing at either side. <see cref="Term"/> is the
    /// term that the sender would start, not one it is in.
    /// </summary>
    public sealed record RequestPreVote(MemberId From, MemberId To, Term Term, LogIndex LastIndex, Term LastTerm)
        : RaftMessage(From, To, Term);

    /// <summary>When granted, <see cref="Term"/> repeats the asked one; when refused, it is the sender's.</summary>
    public sealed record RequestPreVoteResponse(MemberId From, MemberId To, Term Term, bool Granted) : RaftMessage(From, To, Term);

    /// <summary>The leader's log (section 5.3). Without entries it probes the follower's log or carries the commit index.</summary>
    public sealed record AppendEntries(
        MemberId From, MemberId To, Term Term, LogIndex PreviousIndex, Term PreviousTerm, ReadOnlyMemory<LogEntry> Entries, LogIndex Commit)
        : RaftMessage(From, To, Term);

    /// <summary>
    /// Accepted: the follower's durable log equals the leader's up to <see cref="Index"/>. Refused: it does not hold the
    /// asked previous entry <see cref="Index"/>; the two logs can agree at <see cref="HintIndex"/> at the latest, where
    /// the follower's entry has <see cref="HintTerm"/> (section 5.3, last but one paragraph).
    /// </summary>
    public sealed record AppendEntriesResponse(
        MemberId From, MemberId To, Term Term, bool Accepted, LogIndex Index, LogIndex HintIndex, Term HintTerm)
        : RaftMessage(From, To, Term);

    /// <summary>
    /// I still lead (section 5.2). Separate from AppendEntries so that it is never behind data or a follower's flush.
    /// </summary>
    /// <param name="Commit">Never above what the follower is known to hold.</param>
    /// <param name="ReadRound">The newest read round; 0 before the first.</param>
    public sealed record Heartbeat(MemberId From, MemberId To, Term Term, LogIndex Commit, ulong ReadRound) : RaftMessage(From, To, Term);

    /// <param name="ReadRound">Repeats the heartbeat's: confirms that the sender followed the leader when it got it.</param>
    public sealed record HeartbeatResponse(MemberId From, MemberId To, Term Term, ulong ReadRound) : RaftMessage(From, To, Term);

    /// <summary>
    /// The follower needs entries that the leader no longer has (section 7). Only names the snapshot: the host streams the
    /// data and gives this message to the receiving core when the data is complete there; a newer snapshot may take its
    /// place.
    /// </summary>
    public sealed record InstallSnapshot(MemberId From, MemberId To, Term Term, SnapshotMetadata Snapshot) : RaftMessage(From, To, Term);

    /// <summary>Start an election now: the leader hands over (thesis 3.10).</summary>
    public sealed record TimeoutNow(MemberId From, MemberId To, Term Term) : RaftMessage(From, To, Term);

    /// <summary>A follower or learner asks for a read index for its own readers (thesis 6.4).</summary>
    /// <param name="Session">Number of the sender's run, so that an answer to an earlier run counts for nothing.</param>
    /// <param name="Request">Never repeated within a session.</param>
    public sealed record ReadIndex(MemberId From, MemberId To, Term Term, ulong Session, ulong Request) : RaftMessage(From, To, Term);

    /// <param name="Index">Applied up to here, the asker's state is new enough for every reader of the request.</param>
    public sealed record ReadIndexResponse(MemberId From, MemberId To, Term Term, ulong Session, ulong Request, LogIndex Index)
        : RaftMessage(From, To, Term);
}
