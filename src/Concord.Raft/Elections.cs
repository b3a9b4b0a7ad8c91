namespace Concord.Raft;

internal enum ElectionStep
{
    /// <summary>Nothing decided.</summary>
    None,

    PreVoteWon,
    Won,
    Lost,
}

/// <summary>Candidates and voters: section 5.2 and 5.4.1, pre-vote (thesis 9.6).</summary>
internal sealed class Elections
{
    private readonly MemberState _state;
    private readonly Dictionary<MemberId, bool> _votes = [];
    private readonly Func<MemberId, bool?> _voteOf;

    public Elections(MemberState state)
    {
        _state = state;
        _voteOf = member => _votes.TryGetValue(member, out bool granted) ? granted : null;
    }

    public void AskForPreVotes()
    {
        _votes.Clear();
        _votes[_state.Id] = true;
        var log = _state.Log;
        foreach (var voter in OtherVoters())
        {
            _state.Outbox.Now.Add(new RaftMessage.RequestPreVote(_state.Id, voter, _state.Term.Next, log.LastIndex, log.LastTerm));
        }
    }

    /// <summary>
    /// Term and vote are raised by now. The requests wait until both are durable, and so does the own vote
    /// (<see cref="CountOwnVote"/>): a member that forgot them in a crash could vote twice in one term.
    /// </summary>
    public void AskForVotes(bool transfer)
    {
        _votes.Clear();
        var log = _state.Log;
        foreach (var voter in OtherVoters())
        {
            _state.Outbox.AfterPersist.Add(
                new RaftMessage.RequestVote(_state.Id, voter, _state.Term, log.LastIndex, log.LastTerm, transfer));
        }
    }

    public ElectionStep CountOwnVote()
    {
        if (_state.Role != RaftRole.Candidate || !OwnVoteIsDurable)
        {
            return ElectionStep.None;
        }

        _votes[_state.Id] = true;
        return Decide();
    }

    public void Receive(RaftMessage.RequestVote request)
    {
        bool free = _state.Vote == request.From || (_state.Vote.IsNone && _state.Leader.IsNone);
        if (!free || IsOlder(request.LastIndex, request.LastTerm))
        {
            _state.Outbox.Now.Add(new RaftMessage.RequestVoteResponse(_state.Id, request.From, _state.Term, Granted: false));
            return;
        }

        _state.Vote = request.From;
        _state.ElectionElapsed = 0;
        _state.Outbox.AfterPersist.Add(new RaftMessage.RequestVoteResponse(_state.Id, request.From, _state.Term, Granted: true));
    }

    /// <summary>Would the vote be given? Nothing is remembered, so nothing has to be durable.</summary>
    public void Receive(RaftMessage.RequestPreVote request)
    {
        bool free = request.Term > _state.Term || _state.Vote == request.From || (_state.Vote.IsNone && _state.Leader.IsNone);
        bool granted = free && !IsOlder(request.LastIndex, request.LastTerm);
        var term = granted ? request.Term : _state.Term;
        _state.Outbox.Now.Add(new RaftMessage.RequestPreVoteResponse(_state.Id, request.From, term, granted));
    }

    public ElectionStep Receive(RaftMessage.RequestVoteResponse response) =>
        _state.Role == RaftRole.Candidate ? Count(response.From, response.Granted) : ElectionStep.None;

    public ElectionStep Receive(RaftMessage.RequestPreVoteResponse response)
    {
        bool ours = response.Granted ? response.Term == _state.Term.Next : response.Term == _state.Term;
        return _state.Role == RaftRole.PreCandidate && ours ? Count(response.From, response.Granted) : ElectionStep.None;
    }

    public ElectionStep Decide()
    {
        return Quorum.Tally(_state.Membership, _voteOf) switch
        {
            VoteResult.Won when _state.Role == RaftRole.PreCandidate => ElectionStep.PreVoteWon,
            // The others' votes may arrive before the report that the own one is durable: they wait for it.
            VoteResult.Won when OwnVoteIsDurable => ElectionStep.Won,
            VoteResult.Lost => ElectionStep.Lost,
            _ => ElectionStep.None,
        };
    }

    private bool IsOlder(LogIndex lastIndex, Term lastTerm) =>
        !_state.Log.IsUpToDate(lastIndex, lastTerm) && !_state.Breaks(BrokenRules.VotesForOlderLogs);

    private bool OwnVoteIsDurable => _state.Durable.Term == _state.Term && _state.Durable.Vote == _state.Id;

    /// <summary>A member's first answer counts; it cannot change its mind within a term.</summary>
    private ElectionStep Count(MemberId from, bool granted)
    {
        _votes.TryAdd(from, granted);
        return Decide();
    }

    private IEnumerable<MemberId> OtherVoters() =>
        _state.Membership.Voters.Union(_state.Membership.OutgoingVoters).Where(id => id != _state.Id).Order();
}
