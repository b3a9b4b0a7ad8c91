namespace Concord.Raft;

/// <summary>
/// Rules of the protocol that a core breaks on purpose. A checker that never saw a fault proves nothing, and these rules
/// live where no wrapper reaches; so the simulator's canaries switch them off here, one at a time. Internal: nothing but
/// tests can set it, and every place that asks is one condition beside the rule.
/// </summary>
[Flags]
internal enum BrokenRules
{
    None = 0,

    /// <summary>Commits by counting replicas of an entry of an earlier term (against section 5.4.2, figure 8).</summary>
    CommitsEarlierTerms = 1,

    /// <summary>A flush that was under way when the log was cut counts for what took its place: see <see cref="PendingWrites"/>.</summary>
    CountsStaleFlushes = 2,

    /// <summary>Votes without comparing logs (against section 5.4.1).</summary>
    VotesForOlderLogs = 4,

    /// <summary>A leader answers linearizable reads without asking whether it still leads (against section 8).</summary>
    AnswersReadsAlone = 8,

    /// <summary>
    /// Whoever is told to take over asks for pre-votes like everybody (against thesis 3.10 and 9.6): members that hear the
    /// leader must refuse them, so that no transfer ever succeeds.
    /// </summary>
    AsksBeforeTransfer = 16,
}
