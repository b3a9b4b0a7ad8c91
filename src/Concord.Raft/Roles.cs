namespace Concord.Raft;

/// <summary>
/// Follower, candidate, leader (figure 4): the rules that change term, role and leader, and which part of the core a
/// message or a tick goes to.
/// </summary>
internal sealed class Roles
{
    private readonly MemberState _state;
    private readonly Elections _elections;
    private readonly Following _following;
    private readonly Replication _replication;
    private readonly ReadRounds _reads;
    private readonly ForwardedReads _forwarded;
    private readonly LeadershipTransfer _transfer;
    private readonly QuickElection _quick;
    private readonly SlowDisk _disk;
    private MemberId _leaderOfTerm;
    private int _heartbeatElapsed;
    private int _ticksSinceStart;

    public Roles(MemberState state)
    {
        _state = state;
        _elections = new Elections(state);
        _following = new Following(state);
        _replication = new Replication(state);
        _reads = new ReadRounds(state, _replication);
        _forwarded = new ForwardedReads(state);
        _transfer = new LeadershipTransfer(state, _replication, _reads);
        _quick = new QuickElection(state);
        _disk = new SlowDisk(state);
    }

    public Replication Replication => _replication;

    public LeadershipTransfer Transfer => _transfer;

    /// <summary>
    /// May stand for election: a voter of a configuration that can still be in force. That is the newest, but while it is
    /// not committed also the one before: a member that is not in its newest configuration may be the only one whose
    /// log is complete enough to win (thesis 4.2.2). It does not count its own vote then.
    /// </summary>
    public bool CanStand => _state.Memberships.AnySince(_state.Log.Committed, membership => MemberState.IsVoterOf(membership, _state.Id));

    /// <summary>
    /// Leader stickiness (thesis 4.2.3): while a leader is heard, votes are refused, so that a removed or cut-off member
    /// cannot disturb. With read leases a member that has just started refuses too: it may have vouched for a leader
    /// before, and forgot.
    /// </summary>
    private bool HearsLeader
    {
        get
        {
            bool heard = !_state.Leader.IsNone && _state.ElectionElapsed < _state.Options.ElectionTicks;
            bool quiet = _state.Options.Reads == ReadMode.Lease && _ticksSinceStart < _state.Options.ElectionTicks;
            return _state.Options.CheckQuorum && (heard || quiet);
        }
    }

    /// <summary>The only voter need not wait for a timeout: nobody else can lead.</summary>
    public void Start()
    {
        if (_state.Membership is { Voters: [var only], IsJoint: false } && only == _state.Id)
        {
            StartElection(transfer: false);
        }
    }

    public void Tick()
    {
        _ticksSinceStart++;
        _forwarded.Tick();
        _state.ElectionElapsed++;
        if (_state.IsLeader)
        {
            TickLeader();
        }
        else if (_state.ElectionElapsed >= _state.ElectionTimeout && CanStand)
        {
            StandForElection();
        }
    }

    public void Campaign()
    {
        // Under read leases nobody who vouched for a leader may depose it before the lease has run out.
        bool leased = _state.Options.Reads == ReadMode.Lease && HearsLeader;
        if (!_state.IsLeader && CanStand && !leased)
        {
            StandForElection();
        }
    }

    /// <summary>False if it is not allowed: read leases rely on members that stick to their leader.</summary>
    public bool ForgetLeader()
    {
        if (_state.Role != RaftRole.Follower || _state.Options.Reads == ReadMode.Lease)
        {
            return false;
        }

        SetLeader(MemberId.None);
        return true;
    }

    public void ConnectionRefused(MemberId member)
    {
        if (_state.IsLeader)
        {
            _replication.Unreachable(member);
        }
        else if (_state.Leader == member && ForgetLeader())
        {
            _quick.Begin();
        }
    }

    public void ReadIndex(ulong readId)
    {
        if (_state.IsLeader)
        {
            _reads.Add(readId);
        }
        else
        {
            _forwarded.Add(readId);
        }
    }

    /// <summary>What waited for the end of the step, so that all of the step shares it.</summary>
    public void Flush()
    {
        if (_state.IsLeader)
        {
            _reads.Flush();
            _replication.Flush();
        }
        else
        {
            _forwarded.Flush();
        }
    }

    public void Persisted()
    {
        Follow(_elections.CountOwnVote());
        AdvanceCommit();
    }

    public void Receive(RaftMessage message)
    {
        if (message.Term < _state.Term)
        {
            AnswerStale(message);
        }
        else if (AcceptTerm(message))
        {
            Dispatch(message);
        }
    }

    public void AppendMembership(Membership membership)
    {
        _replication.Append(EntryKind.Membership, MembershipCodec.Encode(membership));
        _transfer.MembershipChanged();
        _reads.Settle();
        AdvanceCommit();
    }

    /// <summary>
    /// "If the term is newer: adopt it, become follower" (figure 2), with two exceptions: a vote asked for while a leader is
    /// heard is ignored, term and all; and a pre-vote's term is only proposed, nobody is in it.
    /// </summary>
    /// <returns>False if the message must be ignored.</returns>
    private bool AcceptTerm(RaftMessage message)
    {
        if (message.Term == _state.Term)
        {
            return true;
        }

        switch (message)
        {
            case RaftMessage.RequestVote { Transfer: false } when HearsLeader:
            case RaftMessage.RequestPreVote when HearsLeader:
                return false;
            case RaftMessage.RequestPreVote:
            case RaftMessage.RequestPreVoteResponse { Granted: true }:
                return true;
            case RaftMessage.AppendEntries or RaftMessage.Heartbeat or RaftMessage.InstallSnapshot:
                BecomeFollower(message.Term, message.From);
                return true;
            default:
                BecomeFollower(message.Term, MemberId.None);
                return true;
        }
    }

    private void Dispatch(RaftMessage message)
    {
        switch (message)
        {
            case RaftMessage.AppendEntries append:
                HearLeader(append.From);
                _following.Receive(append);
                break;
            case RaftMessage.Heartbeat heartbeat:
                HearLeader(heartbeat.From);
                _following.Receive(heartbeat);
                break;
            case RaftMessage.InstallSnapshot install:
                HearLeader(install.From);
                _following.Receive(install);
                break;
            case RaftMessage.RequestVote request:
                _elections.Receive(request);
                break;
            case RaftMessage.RequestPreVote request:
                _elections.Receive(request);
                break;
            case RaftMessage.RequestVoteResponse response:
                Follow(_elections.Receive(response));
                break;
            case RaftMessage.RequestPreVoteResponse response:
                Follow(_elections.Receive(response));
                break;
            case RaftMessage.TimeoutNow when _state.Role == RaftRole.Follower && CanStand:
                TakeOver();
                break;
            case RaftMessage.ReadIndexResponse response when !_state.IsLeader:
                _forwarded.Receive(response);
                break;
            default:
                DispatchToLeader(message);
                break;
        }
    }

    /// <summary>Answers that come when the asker leads no longer are of no use to anyone.</summary>
    private void DispatchToLeader(RaftMessage message)
    {
        if (!_state.IsLeader)
        {
            return;
        }

        switch (message)
        {
            case RaftMessage.AppendEntriesResponse response:
                if (_replication.Receive(response))
                {
                    _transfer.Acknowledged(response.From);
                    AdvanceCommit();
                }

                break;
            case RaftMessage.HeartbeatResponse response:
                _replication.Receive(response);
                _reads.Receive(response);
                _transfer.Acknowledged(response.From);
                break;
            case RaftMessage.ReadIndex request:
                _reads.Add(request);
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// A sender that is behind in terms learns ours (figure 2, "reply false if term &lt; currentTerm"): a deposed leader
    /// stops, and a member that raised its term while it was cut off, and now ignores the leader, makes the leader catch
    /// up with an election instead of being stuck. Everything else that is out of date is void.
    /// </summary>
    private void AnswerStale(RaftMessage message)
    {
        RaftMessage? answer = message switch
        {
            RaftMessage.AppendEntries or RaftMessage.Heartbeat or RaftMessage.InstallSnapshot =>
                new RaftMessage.AppendEntriesResponse(_state.Id, message.From, _state.Term, Accepted: false, LogIndex.Zero, LogIndex.Zero, Term.Zero),
            RaftMessage.RequestVote => new RaftMessage.RequestVoteResponse(_state.Id, message.From, _state.Term, Granted: false),
            RaftMessage.RequestPreVote => new RaftMessage.RequestPreVoteResponse(_state.Id, message.From, _state.Term, Granted: false),
            _ => null,
        };
        if (answer is not null)
        {
            _state.Outbox.Now.Add(answer);
        }
    }

    private void TickLeader()
    {
        _reads.Tick();
        _transfer.Tick();
        if (_disk.Tick() && !_transfer.IsActive && _replication.BestSuccessor() is { Active: true } successor)
        {
            _transfer.Start(successor.Id);
        }

        if (_state.ElectionElapsed >= _state.Options.ElectionTicks)
        {
            _state.ElectionElapsed = 0;
            if (_state.Options.CheckQuorum && !_replication.CheckQuorum())
            {
                BecomeFollower(_state.Term, MemberId.None);
                return;
            }
        }

        if (++_heartbeatElapsed >= _state.Options.HeartbeatTicks)
        {
            _heartbeatElapsed = 0;
            _reads.SendHeartbeats();
        }
    }

    /// <summary>
    /// The leader wants it, so nobody has to be asked first whether an election disturbs, and the votes are asked for in a way
    /// that members that hear the leader do not ignore.
    /// </summary>
    private void TakeOver()
    {
        if (_state.Breaks(BrokenRules.AsksBeforeTransfer))
        {
            StandForElection();
            return;
        }

        StartElection(transfer: true);
    }

    private void StandForElection()
    {
        if (!_state.Options.PreVote)
        {
            StartElection(transfer: false);
            return;
        }

        _state.Role = RaftRole.PreCandidate;
        SetLeader(MemberId.None);
        _state.ResetElectionTimer();
        _quick.Shorten();
        _elections.AskForPreVotes();
        Follow(_elections.Decide());
    }

    private void StartElection(bool transfer)
    {
        Invariant.Check(!_state.IsLeader, "a leader does not stand for election");
        EnterTerm(_state.Term.Next);
        _state.Vote = _state.Id;
        _state.Role = RaftRole.Candidate;
        SetLeader(MemberId.None);
        _state.ResetElectionTimer();
        _quick.Shorten();
        _elections.AskForVotes(transfer);
    }

    private void Follow(ElectionStep step)
    {
        switch (step)
        {
            case ElectionStep.PreVoteWon:
                StartElection(transfer: false);
                break;
            case ElectionStep.Won:
                BecomeLeader();
                break;
            case ElectionStep.Lost:
                BecomeFollower(_state.Term, MemberId.None);
                _quick.Shorten();
                break;
            default:
                break;
        }
    }

    private void BecomeLeader()
    {
        Invariant.Check(_state.Role == RaftRole.Candidate, $"a {_state.Role} cannot become leader");
        Invariant.Check(_state.Durable.Term == _state.Term && _state.Durable.Vote == _state.Id, "term and vote must be durable before leading");
        NoteLeaderOfTerm(_state.Id);
        _state.Role = RaftRole.Leader;
        SetLeader(_state.Id);
        _quick.End();
        _state.ElectionElapsed = 0;
        _heartbeatElapsed = 0;
        _reads.Begin();
        _replication.Begin();
    }

    private void BecomeFollower(Term term, MemberId leader)
    {
        if (_state.IsLeader)
        {
            _replication.End();
            _reads.End();
            _transfer.End();
        }

        if (term != _state.Term)
        {
            EnterTerm(term);
        }

        _state.Role = RaftRole.Follower;
        SetLeader(leader);
        _state.ResetElectionTimer();
    }

    private void EnterTerm(Term term)
    {
        Invariant.Check(term > _state.Term, $"the term went back from {_state.Term} to {term}");
        _state.Term = term;
        _state.Vote = MemberId.None;
        _leaderOfTerm = MemberId.None;
        _forwarded.LeaderLost();
    }

    private void HearLeader(MemberId leader)
    {
        NoteLeaderOfTerm(leader);
        _quick.End();
        if (_state.Role != RaftRole.Follower || _state.Leader != leader)
        {
            BecomeFollower(_state.Term, leader);
        }

        _state.ElectionElapsed = 0;
    }

    /// <summary>Election safety (figure 3): at most one leader in a term.</summary>
    private void NoteLeaderOfTerm(MemberId leader)
    {
        Invariant.Check(_leaderOfTerm.IsNone || _leaderOfTerm == leader, $"{leader} and {_leaderOfTerm} both lead term {_state.Term}");
        _leaderOfTerm = leader;
    }

    private void SetLeader(MemberId leader)
    {
        if (_state.Leader != leader)
        {
            _forwarded.LeaderLost();
            _state.Leader = leader;
        }
    }

    private void AdvanceCommit()
    {
        while (_state.IsLeader && _replication.TryCommit())
        {
            MembershipCommitted();
        }
    }

    /// <summary>
    /// Once a joint configuration is committed the leader ends it (section 6, figure 11); once a configuration without
    /// the leader is committed it steps down, and names a successor so that nobody has to wait for a timeout.
    /// </summary>
    private void MembershipCommitted()
    {
        if (_state.Memberships.Newest.Index > _state.Log.Committed)
        {
            return;
        }

        if (_state.Membership is { IsJoint: true, AutoLeave: true })
        {
            AppendMembership(MembershipRules.Leave(_state.Membership));
        }
        else if (!_state.IsVoter)
        {
            // The others learn the commit that removes this member from the last messages it sends.
            _replication.Flush();
            _transfer.HandOverNow();
            BecomeFollower(_state.Term, MemberId.None);
        }
    }
}
