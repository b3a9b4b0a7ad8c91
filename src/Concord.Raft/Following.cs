namespace Concord.Raft;

/// <summary>The receiver's side of AppendEntries (figure 2), heartbeats and InstallSnapshot (figure 13).</summary>
internal sealed class Following(MemberState state)
{
    public void Receive(RaftMessage.AppendEntries append)
    {
        var log = state.Log;
        if (append.PreviousIndex < log.Committed)
        {
            // What is committed is equal already (leader completeness, section 5.4.3). This is an old or repeated message.
            Accept(append.From, log.Committed);
            return;
        }

        if (!log.Holds(append.PreviousIndex, append.PreviousTerm))
        {
            var hint = log.LastNotAbove(RaftLog.Min(append.PreviousIndex, log.LastIndex), append.PreviousTerm);
            state.Outbox.Now.Add(new RaftMessage.AppendEntriesResponse(
                state.Id, append.From, state.Term, Accepted: false, append.PreviousIndex, hint.Index, hint.Term));
            return;
        }

        Merge(append.Entries.Span);
        var lastNew = append.PreviousIndex + append.Entries.Length;
        var commit = RaftLog.Min(append.Commit, lastNew);
        if (commit > log.Committed)
        {
            log.CommitTo(commit);
        }

        Accept(append.From, lastNew);
    }

    public void Receive(RaftMessage.Heartbeat heartbeat)
    {
        if (heartbeat.Commit > state.Log.Committed)
        {
            state.Log.CommitTo(heartbeat.Commit);
        }

        // At once: it says "I follow you in this term", which needs no flush (a read round only has to know that no later
        // leader was elected by this member before), and a slow disk must not look like a dead member.
        state.Outbox.Now.Add(new RaftMessage.HeartbeatResponse(state.Id, heartbeat.From, state.Term, heartbeat.ReadRound));
    }

    public void Receive(RaftMessage.InstallSnapshot install)
    {
        var log = state.Log;
        var snapshot = install.Snapshot;
        if (snapshot.Index > log.Committed)
        {
            if (log.Holds(snapshot.Index, snapshot.Term))
            {
                // All of it is in the log already, so committing is enough (figure 13, step 6).
                log.CommitTo(snapshot.Index);
            }
            else
            {
                state.Restore(snapshot);
            }
        }

        Accept(install.From, log.Committed);
    }

    /// <summary>Cuts the log only where an entry really differs: messages may arrive out of order (figure 2, steps 3 and 4).</summary>
    private void Merge(ReadOnlySpan<LogEntry> entries)
    {
        int known = 0;
        while (known < entries.Length && state.Log.Holds(entries[known].Index, entries[known].Term))
        {
            known++;
        }

        if (known == entries.Length)
        {
            return;
        }

        if (entries[known].Index <= state.Log.LastIndex)
        {
            state.TruncateFrom(entries[known].Index);
        }

        for (int i = known; i < entries.Length; i++)
        {
            state.Append(entries[i]);
        }
    }

    /// <summary>Only after the write: "up to here the log is durable and equal to the leader's".</summary>
    private void Accept(MemberId leader, LogIndex index) =>
        state.Outbox.AfterPersist.Add(new RaftMessage.AppendEntriesResponse(
            state.Id, leader, state.Term, Accepted: true, index, LogIndex.Zero, Term.Zero));
}
