namespace Concord.Raft;

/// <summary>Why nothing was appended.</summary>
public enum ProposalRefusal
{
    None = 0,

    /// <summary>Propose to the leader (<see cref="RaftCore.Leader"/>), if there is one.</summary>
    NotLeader = 1,

    /// <summary>Leadership is being handed over; the next leader will take it.</summary>
    Transferring = 2,

    /// <summary><see cref="RaftOptions.MaxUncommittedBytes"/> are waiting for a quorum.</summary>
    Overloaded = 3,

    /// <summary>An entry is larger than <see cref="RaftOptions.MaxEntryBytes"/>.</summary>
    TooLarge = 4,

    /// <summary>
    /// The last change of membership is not committed yet, or this leader has not committed an entry of its own term.
    /// </summary>
    ChangePending = 5,

    /// <summary>The change of membership is not possible; see <see cref="ProposalResult.Reason"/>.</summary>
    InvalidChange = 6,
}

/// <summary>
/// The entries were appended at <see cref="FirstIndex"/> and on, or why not. Appended is not committed: they may still be
/// replaced by another leader's. An entry handed out for applying is the proposed one if index and term are the same.
/// </summary>
/// <param name="Reason">A sentence for the user when the refusal alone does not say it all.</param>
public readonly record struct ProposalResult(ProposalRefusal Refusal, LogIndex FirstIndex, Term Term, string? Reason)
{
    public bool Accepted => Refusal == ProposalRefusal.None;

    internal static ProposalResult At(LogIndex first, Term term) => new(ProposalRefusal.None, first, term, null);

    internal static ProposalResult Refused(ProposalRefusal refusal, string? reason = null) => new(refusal, default, default, reason);
}

/// <summary>What came of asking for a change of leader.</summary>
public enum TransferResult
{
    Started = 0,
    NotLeader = 1,

    /// <summary>Only another voter can take over.</summary>
    NotAVoter = 2,

    /// <summary>The target leads already.</summary>
    AlreadyLeader = 3,
}
