namespace Concord.Raft;

/// <summary>
/// Linearizable reads of a member that does not lead (thesis 6.4): the leader is asked for an index, the state is served
/// here. Readers that arrive in one step share a request. Requests carry numbers that are never used again and this
/// run's session, and die with the leader or the term they were sent to: no late answer can serve a later reader.
/// </summary>
internal sealed class ForwardedReads(MemberState state)
{
    private sealed record Request(ulong Number, List<ulong> Readers)
    {
        public int Age { get; set; }
    }

    private readonly List<Request> _requests = [];
    private List<ulong> _waiting = [];
    private ulong _newest;
    private int _readers;

    public void Add(ulong readId)
    {
        var refusal = state.Leader.IsNone ? ReadOutcome.LeaderLost
            : _readers >= state.Options.MaxPendingReads ? ReadOutcome.Overloaded
            : ReadOutcome.Ready;
        if (refusal != ReadOutcome.Ready)
        {
            state.Outbox.Reads.Add(new ReadResult(readId, refusal, LogIndex.Zero));
            return;
        }

        _readers++;
        _waiting.Add(readId);
    }

    public void Flush()
    {
        if (_waiting.Count > 0 && _requests.Count < state.Options.MaxReadRounds)
        {
            _requests.Add(new Request(++_newest, _waiting));
            _waiting = [];
            state.Outbox.Now.Add(new RaftMessage.ReadIndex(state.Id, state.Leader, state.Term, state.Session, _newest));
        }
    }

    public void Receive(RaftMessage.ReadIndexResponse response)
    {
        int found = _requests.FindIndex(request => request.Number == response.Request);
        if (response.Session != state.Session || found < 0)
        {
            return;
        }

        Answer(_requests[found].Readers, ReadOutcome.Ready, response.Index);
        _requests.RemoveAt(found);
    }

    /// <summary>Request or answer got lost, or the leader cannot reach a quorum: the host decides whether to ask again.</summary>
    public void Tick()
    {
        foreach (var request in _requests)
        {
            if (++request.Age >= state.Options.ElectionTicks)
            {
                Answer(request.Readers, ReadOutcome.LeaderLost, LogIndex.Zero);
            }
        }

        _requests.RemoveAll(request => request.Age >= state.Options.ElectionTicks);
    }

    public void LeaderLost()
    {
        foreach (var request in _requests)
        {
            Answer(request.Readers, ReadOutcome.LeaderLost, LogIndex.Zero);
        }

        Answer(_waiting, ReadOutcome.LeaderLost, LogIndex.Zero);
        _requests.Clear();
        _waiting.Clear();
    }

    private void Answer(List<ulong> readers, ReadOutcome outcome, LogIndex index)
    {
        _readers -= readers.Count;
        foreach (ulong reader in readers)
        {
            state.Outbox.Reads.Add(new ReadResult(reader, outcome, index));
        }
    }
}
