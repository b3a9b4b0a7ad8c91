namespace Concord.Raft;

/// <summary>
/// The leader's linearizable reads (section 8; thesis 6.4). A reader waits until the leader has committed an entry of its
/// term, then for a round: the commit index is noted, heartbeats carry the round's number, and once a quorum has
/// repeated this number or a later one, no other leader can have committed anything before the round began. All readers
/// that wait when a round begins share it, and one confirmed round confirms the earlier ones.
/// <para>
/// A round's number is never used twice in the life of the process, and answers count only in the term they were asked
/// in, so an answer that was held up (by a pause, say) cannot confirm a later round. Rounds end with the leadership.
/// </para>
/// </summary>
internal sealed class ReadRounds
{
    private readonly record struct Reader(ulong ReadId, RaftMessage.ReadIndex? Request);

    private readonly record struct Round(ulong Number, LogIndex Index, long Tick, List<Reader> Readers);

    private readonly MemberState _state;
    private readonly Replication _replication;
    private readonly Queue<Round> _rounds = [];
    private readonly Func<MemberId, long> _confirmedBy;
    private List<Reader> _waiting = [];
    private ulong _newest;
    private long _ticks;
    private long _leaseEnd;
    private bool _leaseVoid;
    private int _readers;

    public ReadRounds(MemberState state, Replication replication)
    {
        _state = state;
        _replication = replication;
        _confirmedBy = member => member == state.Id ? (long)_newest : (long)(replication.Find(member)?.ReadRound ?? 0);
    }

    /// <summary>A reader of this member.</summary>
    public void Add(ulong readId) => Add(new Reader(readId, null));

    /// <summary>Another member asks for its readers.</summary>
    public void Add(RaftMessage.ReadIndex request) => Add(new Reader(0, request));

    public void Begin()
    {
        _leaseEnd = 0;
        _leaseVoid = false;
    }

    /// <summary>Leadership is over: nobody was answered, all may ask the next leader. Other members notice by themselves.</summary>
    public void End()
    {
        foreach (var round in _rounds)
        {
            round.Readers.ForEach(Lose);
        }

        _waiting.ForEach(Lose);
        _rounds.Clear();
        _waiting.Clear();
        _readers = 0;
    }

    /// <summary>
    /// TimeoutNow was sent: from now on, and for the rest of the term since that message may arrive late, somebody may be
    /// elected although members still hear this leader. So the lease proves nothing any more.
    /// </summary>
    public void VoidLease() => _leaseVoid = true;

    public void Tick() => _ticks++;

    /// <summary>Regular heartbeats are rounds without readers when there is a lease to renew.</summary>
    public void SendHeartbeats()
    {
        if (_state.Options.Reads == ReadMode.Lease && _rounds.Count < _state.Options.MaxReadRounds)
        {
            Open();
        }
        else
        {
            _replication.SendHeartbeats(_newest);
        }

        Settle();
    }

    public void Receive(RaftMessage.HeartbeatResponse response)
    {
        if (_replication.Find(response.From) is { } follower && response.ReadRound > follower.ReadRound)
        {
            Invariant.Check(response.ReadRound <= _newest, $"member {response.From} confirmed read round {response.ReadRound}, which was never opened");
            follower.ReadRound = response.ReadRound;
            Settle();
        }
    }

    public void Flush()
    {
        if (_waiting.Count == 0 || !_state.CommittedInTerm)
        {
            return;
        }

        if (HoldsLease || _state.Breaks(BrokenRules.AnswersReadsAlone))
        {
            Answer(_waiting, _state.Log.Committed);
            _waiting.Clear();
        }
        else if (_rounds.Count < _state.Options.MaxReadRounds)
        {
            Open();
            Settle();
        }
    }

    /// <summary>The quorum changed: what is confirmed may have changed as well.</summary>
    public void Settle()
    {
        long confirmed = Quorum.Agreed(_state.Membership, _confirmedBy);
        while (_rounds.TryPeek(out var round) && (long)round.Number <= confirmed)
        {
            _rounds.Dequeue();
            _leaseEnd = Math.Max(_leaseEnd, round.Tick + _state.Options.ElectionTicks - _state.Options.LeaseMarginTicks);
            Answer(round.Readers, round.Index);
        }
    }

    private bool HoldsLease => _state.Options.Reads == ReadMode.Lease && !_leaseVoid && _ticks < _leaseEnd;

    private void Add(Reader reader)
    {
        if (_readers >= _state.Options.MaxPendingReads)
        {
            if (reader.Request is null)
            {
                _state.Outbox.Reads.Add(new ReadResult(reader.ReadId, ReadOutcome.Overloaded, LogIndex.Zero));
            }

            return;
        }

        _readers++;
        _waiting.Add(reader);
    }

    private void Open()
    {
        var readers = _state.CommittedInTerm ? _waiting : [];
        if (_state.CommittedInTerm)
        {
            _waiting = [];
        }

        _rounds.Enqueue(new Round(++_newest, _state.Log.Committed, _ticks, readers));
        _replication.SendHeartbeats(_newest);
    }

    private void Answer(List<Reader> readers, LogIndex index)
    {
        _readers -= readers.Count;
        foreach (var reader in readers)
        {
            if (reader.Request is { } request)
            {
                _state.Outbox.Now.Add(new RaftMessage.ReadIndexResponse(
                    _state.Id, request.From, _state.Term, request.Session, request.Request, index));
            }
            else
            {
                _state.Outbox.Reads.Add(new ReadResult(reader.ReadId, ReadOutcome.Ready, index));
            }
        }
    }

    private void Lose(Reader reader)
    {
        if (reader.Request is null)
        {
            _state.Outbox.Reads.Add(new ReadResult(reader.ReadId, ReadOutcome.LeaderLost, LogIndex.Zero));
        }
    }
}
