namespace Concord.Raft;

/// <summary>
/// The transport saw the leader's host refuse connections: its process is gone, and waiting for a whole election timeout
/// would only lengthen the outage. The member forgets the leader and stands after a short random delay. If it is wrong,
/// pre-vote keeps it harmless: the others hear the leader and refuse. Members that collide try again with delays that
/// double, up to the usual timeout.
/// </summary>
internal sealed class QuickElection(MemberState state)
{
    private int _attempts;

    public void Begin()
    {
        _attempts = 1;
        state.ResetElectionTimer(state.RandomTicks(state.Options.QuickElectionTicks));
    }

    /// <summary>Replaces the usual timeout, just set, while the leader is known to be gone.</summary>
    public void Shorten()
    {
        int spread = state.Options.QuickElectionTicks << Math.Min(_attempts, 16);
        if (_attempts == 0 || spread >= state.Options.ElectionTicks)
        {
            _attempts = 0;
            return;
        }

        _attempts++;
        state.ResetElectionTimer(state.Options.QuickElectionTicks + state.RandomTicks(spread));
    }

    public void End() => _attempts = 0;
}
