using Concord.Raft;

namespace Concord.Node;

/// <summary>
/// Keeps people from changing a group into one that cannot decide. Raft would allow it: removing a voter that runs while
/// another one is down is safe for the data, and the end of every write.
/// </summary>
internal static class QuorumGuard
{
    /// <summary><see cref="RequestOutcome.Done"/> if a majority of the voters after the changes runs, as far as the leader hears.</summary>
    /// <param name="unreachable">Members that may count as heard from and are known to be gone since.</param>
    public static RequestOutcome Judge(
        RaftCore leader, HashSet<MemberId> unreachable, MemberDirectory directory, IReadOnlyList<MemberChange> changes)
    {
        var after = leader.Membership.Voters.ToHashSet();
        foreach (var change in changes)
        {
            if (change.Kind == MemberChangeKind.AddVoter)
            {
                after.Add(change.Member);
            }
            else
            {
                after.Remove(change.Member);
            }
        }

        if (after.Count == 0 || after.SetEquals(leader.Membership.Voters))
        {
            // Nothing to lose, or for Raft to refuse with its reason.
            return RequestOutcome.Done;
        }

        var majority = (after.Count / 2) + 1;
        var heard = leader.Followers.Where(follower => follower.Active && !unreachable.Contains(follower.Member))
            .Select(follower => follower.Member).Append(leader.Id);
        return heard.Count(after.Contains) >= majority ? RequestOutcome.Done
            : after.Count(voter => directory[voter].HasStarted) < majority ? RequestOutcome.NotEnoughStarted
            : RequestOutcome.Unhealthy;
    }
}
