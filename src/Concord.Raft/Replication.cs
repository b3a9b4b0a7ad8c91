namespace Concord.Raft;

/// <summary>
/// The leader's side of section 5.3: what each follower holds, what to send next, and what is committed (5.3, 5.4.2).
/// Sending waits for <see cref="Flush"/> at the end of a step, so that everything proposed in one step shares messages.
/// </summary>
internal sealed class Replication
{
    private readonly MemberState _state;
    private readonly List<Progress> _followers = [];
    private readonly Func<MemberId, long> _matchOf;
    private readonly Func<MemberId, bool?> _activeOf;
    private long _uncommittedBytes;

    public Replication(MemberState state)
    {
        _state = state;
        _matchOf = member => member == _state.Id ? _state.Log.Persisted.Value : Find(member)?.Match.Value ?? 0;
        _activeOf = member => member == _state.Id || Find(member) is { Active: true };
    }

    /// <summary>All members but the leader, by id.</summary>
    public IReadOnlyList<Progress> Followers => _followers;

    public Progress? Find(MemberId member)
    {
        foreach (var follower in _followers)
        {
            if (follower.Id == member)
            {
                return follower;
            }
        }

        return null;
    }

    /// <summary>
    /// Every follower is probed from the log's end, and the term gets its first entry (section 8). The very first entry of
    /// a group repeats the configuration it was founded with, so that members that join later find it in the log.
    /// </summary>
    public void Begin()
    {
        _followers.Clear();
        FollowMembership();
        _followers.ForEach(follower => follower.Active = false);
        _uncommittedBytes = 0;
        var log = _state.Log;
        for (var i = log.Committed.Next; i <= log.LastIndex; i = i.Next)
        {
            _uncommittedBytes += RaftLog.Weigh(log[i]);
        }

        if (log.LastIndex == LogIndex.Zero)
        {
            Append(EntryKind.Membership, MembershipCodec.Encode(_state.Membership));
        }
        else
        {
            Append(EntryKind.Empty, default);
        }
    }

    public void End() => _followers.Clear();

    public LogIndex Append(EntryKind kind, ReadOnlyMemory<byte> data)
    {
        var entry = new LogEntry(_state.Log.LastIndex.Next, _state.Term, kind, data);
        _state.Append(entry);
        _uncommittedBytes += RaftLog.Weigh(entry);
        if (kind == EntryKind.Membership)
        {
            FollowMembership();
        }

        return entry.Index;
    }

    /// <summary>Whether <paramref name="bytes"/> more may wait for a quorum. One proposal always may, however large.</summary>
    public bool HasRoom(long bytes) =>
        _state.Log.Committed == _state.Log.LastIndex || _uncommittedBytes + bytes <= _state.Options.MaxUncommittedBytes;

    /// <summary>New members start at the log's end; those that left are forgotten.</summary>
    public void FollowMembership()
    {
        var membership = _state.Membership;
        var members = membership.Voters.Union(membership.OutgoingVoters).Union(membership.Learners).Where(id => id != _state.Id).Order().ToArray();
        _followers.RemoveAll(follower => !members.Contains(follower.Id));
        foreach (var member in members)
        {
            if (Find(member) is null)
            {
                // Counted as heard from, or the next quorum check could find a quorum of strangers missing.
                _followers.Add(new Progress(member, _state.Log.LastIndex.Next) { Active = true });
            }
        }

        _followers.Sort((a, b) => a.Id.CompareTo(b.Id));
    }

    /// <summary>
    /// Commits what a quorum holds, but counts only for an entry of this term; older ones are committed with it (section
    /// 5.4.2, figure 8). The leader's own log counts as far as it is durable.
    /// </summary>
    public bool TryCommit()
    {
        var log = _state.Log;
        var agreed = new LogIndex(Quorum.Agreed(_state.Membership, _matchOf));
        if (agreed <= log.Committed || (log.TermAt(agreed) != _state.Term && !_state.Breaks(BrokenRules.CommitsEarlierTerms)))
        {
            return false;
        }

        for (var i = log.Committed.Next; i <= agreed; i = i.Next)
        {
            _uncommittedBytes -= RaftLog.Weigh(log[i]);
        }

        log.CommitTo(agreed);
        return true;
    }

    /// <summary>True if the follower's log is now known to reach further.</summary>
    public bool Receive(RaftMessage.AppendEntriesResponse response)
    {
        if (Find(response.From) is not { } follower)
        {
            return false;
        }

        follower.Active = true;
        if (!response.Accepted)
        {
            Refused(follower, response);
            return false;
        }

        Invariant.Check(response.Index <= _state.Log.LastIndex,
            $"member {response.From} acknowledged entry {response.Index} beyond the leader's end {_state.Log.LastIndex}");
        bool news = follower.Acknowledge(response.Index);
        bool agreed = news || follower.Match == response.Index;
        bool caughtUp = follower.Mode == ReplicationMode.Snapshot && news && follower.Match.Next >= _state.Log.FirstIndex;
        if ((follower.Mode == ReplicationMode.Probe && agreed) || caughtUp)
        {
            follower.BecomeReplicate();
        }

        return news;
    }

    public void Receive(RaftMessage.HeartbeatResponse response)
    {
        if (Find(response.From) is not { } follower)
        {
            return;
        }

        follower.Active = true;
        follower.AllowProbe();
        bool stalled = follower.Match < _state.Log.LastIndex && follower.Match == follower.MatchAtHeartbeat;
        if (follower.Mode == ReplicationMode.Replicate && stalled)
        {
            // Sent and not answered since the last heartbeat: ask where the follower is. If entries got lost it refuses,
            // and probing repeats them; if it is only slow, nothing happens.
            SendAppend(follower, default);
        }

        follower.MatchAtHeartbeat = follower.Match;
    }

    /// <summary>The transport could not deliver: what was sent ahead is probably lost.</summary>
    public void Unreachable(MemberId member)
    {
        if (Find(member) is { Mode: ReplicationMode.Replicate } follower)
        {
            follower.BecomeProbe();
        }
    }

    /// <summary>The transport finished or gave up a snapshot. Either way wait for an answer before sending entries.</summary>
    public void SnapshotReported(MemberId member, bool delivered)
    {
        if (Find(member) is not { Mode: ReplicationMode.Snapshot } follower)
        {
            return;
        }

        if (!delivered)
        {
            follower.ForgetPendingSnapshot();
        }

        follower.BecomeProbe();
        follower.HoldProbe();
    }

    /// <summary>A heartbeat to each member, carrying what it may commit and the newest read round.</summary>
    public void SendHeartbeats(ulong readRound)
    {
        foreach (var follower in _followers)
        {
            var commit = RaftLog.Min(follower.Match, _state.Log.Committed);
            follower.SentHeartbeat(commit);
            _state.Outbox.Now.Add(new RaftMessage.Heartbeat(_state.Id, follower.Id, _state.Term, commit, readRound));
        }
    }

    /// <summary>Whether a quorum was heard since the last call (thesis 6.2).</summary>
    public bool CheckQuorum()
    {
        bool active = Quorum.Tally(_state.Membership, _activeOf) == VoteResult.Won;
        foreach (var follower in _followers)
        {
            follower.Active = false;
        }

        return active;
    }

    /// <summary>The best next leader: a voter heard from lately, and of those the one that holds most of the log.</summary>
    public Progress? BestSuccessor()
    {
        Progress? best = null;
        foreach (var follower in _followers)
        {
            bool eligible = _state.Membership.Voters.Contains(follower.Id);
            if (eligible && (best is null || (follower.Active, follower.Match.Value).CompareTo((best.Active, best.Match.Value)) > 0))
            {
                best = follower;
            }
        }

        return best;
    }

    /// <summary>Entries from here on are needed by a follower that is loading a snapshot.</summary>
    public LogIndex CompactionBound(LogIndex wanted)
    {
        foreach (var follower in _followers)
        {
            if (follower.Mode == ReplicationMode.Snapshot)
            {
                wanted = RaftLog.Min(wanted, follower.PendingSnapshot);
            }
        }

        return wanted;
    }

    /// <summary>Sends each follower what its window has room for.</summary>
    public void Flush()
    {
        foreach (var follower in _followers)
        {
            while (TrySend(follower))
            {
            }
        }
    }

    /// <summary>False when there is nothing more to send now.</summary>
    private bool TrySend(Progress follower)
    {
        var log = _state.Log;
        if (follower.Mode == ReplicationMode.Snapshot || follower.ProbeSent)
        {
            return false;
        }

        if (log.TermAt(follower.Next.Previous) is null)
        {
            SendSnapshot(follower);
            return false;
        }

        if (follower.Mode == ReplicationMode.Probe)
        {
            SendAppend(follower, log.Slice(follower.Next, log.LastIndex, _state.Options.MaxMessageBytes));
            return false;
        }

        if (follower.Next <= log.LastIndex && !follower.IsFull(_state.Options))
        {
            long bytes = Math.Min(_state.Options.MaxMessageBytes, _state.Options.MaxInflightBytes - follower.InflightBytes);
            long entries = _state.Options.MaxInflightEntries - follower.InflightEntries;
            SendAppend(follower, log.Slice(follower.Next, log.LastIndex, bytes, entries));
            return true;
        }

        // Nothing to send, or no room: the commit index still has to flow.
        if (RaftLog.Min(log.Committed, follower.Next.Previous) > follower.SentCommit)
        {
            SendAppend(follower, default);
        }

        return false;
    }

    private void SendAppend(Progress follower, ReadOnlyMemory<LogEntry> entries)
    {
        var previous = follower.Next.Previous;
        if (_state.Log.TermAt(previous) is not { } previousTerm)
        {
            SendSnapshot(follower);
            return;
        }

        _state.Outbox.Now.Add(new RaftMessage.AppendEntries(
            _state.Id, follower.Id, _state.Term, previous, previousTerm, entries, _state.Log.Committed));
        follower.Sent(entries.Span, RaftLog.Min(_state.Log.Committed, previous + entries.Length));
    }

    private void SendSnapshot(Progress follower)
    {
        if (!follower.Active)
        {
            // It would not get it. Once it answers a heartbeat it is active again.
            follower.HoldProbe();
            return;
        }

        var snapshot = _state.Log.Snapshot;
        Invariant.Check(snapshot.Index >= _state.Log.Base && snapshot.Index > LogIndex.Zero,
            $"entries up to {_state.Log.Base} are gone but the snapshot ends at {snapshot.Index}");
        follower.BecomeSnapshot(snapshot.Index);
        _state.Outbox.Now.Add(new RaftMessage.InstallSnapshot(_state.Id, follower.Id, _state.Term, snapshot));
    }

    /// <summary>
    /// The follower's hint names a term; entries of later terms than that cannot be in its log there, so whole terms of
    /// the leader's log are skipped, as the follower has skipped whole terms of its own (section 5.3).
    /// </summary>
    private void Refused(Progress follower, RaftMessage.AppendEntriesResponse response)
    {
        var hint = response.HintTerm > Term.Zero
            ? _state.Log.LastNotAbove(RaftLog.Min(response.HintIndex, _state.Log.LastIndex), response.HintTerm).Index
            : response.HintIndex;
        follower.Refuse(response.Index, hint);
    }
}
