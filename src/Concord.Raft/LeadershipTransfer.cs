namespace Concord.Raft;

/// <summary>
/// Hands leadership to a chosen voter (thesis 3.10): no new proposals, bring the target up to date, then tell it to start
/// an election at once. Given up after an election timeout, so that a dead target cannot block proposals.
/// </summary>
internal sealed class LeadershipTransfer(MemberState state, Replication replication, ReadRounds reads)
{
    private int _elapsed;

    public MemberId Target { get; private set; }

    public bool IsActive => !Target.IsNone;

    public TransferResult Start(MemberId target)
    {
        if (!state.IsLeader)
        {
            return TransferResult.NotLeader;
        }

        if (target == state.Id)
        {
            return TransferResult.AlreadyLeader;
        }

        if (!state.Membership.Voters.Contains(target))
        {
            return TransferResult.NotAVoter;
        }

        if (Target != target)
        {
            Target = target;
            _elapsed = 0;
            Acknowledged(target);
        }

        return TransferResult.Started;
    }

    public void Tick()
    {
        if (IsActive && ++_elapsed >= state.Options.ElectionTicks)
        {
            End();
        }
    }

    /// <summary>The target answered. If it holds everything, it may start, also again in case the first word got lost.</summary>
    public void Acknowledged(MemberId from)
    {
        if (IsActive && from == Target && replication.Find(from)?.Match == state.Log.LastIndex)
        {
            TellToStart(from);
        }
    }

    public void MembershipChanged()
    {
        if (IsActive && !state.Membership.Voters.Contains(Target))
        {
            End();
        }
    }

    /// <summary>The leader leaves: whoever holds most may start.</summary>
    public void HandOverNow()
    {
        if (replication.BestSuccessor() is { } best)
        {
            TellToStart(best.Id);
        }
    }

    public void End() => Target = MemberId.None;

    private void TellToStart(MemberId successor)
    {
        reads.VoidLease();
        state.Outbox.Now.Add(new RaftMessage.TimeoutNow(state.Id, successor, state.Term));
    }
}
