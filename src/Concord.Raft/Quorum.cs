namespace Concord.Raft;

internal enum VoteResult
{
    Pending,
    Won,
    Lost,
}

/// <summary>
/// Majorities, and both majorities of a joint configuration (section 6): the one place where members are counted. An
/// empty half agrees to everything, so a plain configuration is a joint one whose outgoing half is empty.
/// </summary>
internal static class Quorum
{
    public static int MajorityOf(int voters) => (voters / 2) + 1;

    /// <summary>The greatest value that a quorum has reached, when each member has reached <paramref name="valueOf"/>.</summary>
    public static long Agreed(Membership membership, Func<MemberId, long> valueOf) =>
        Math.Min(MajorityValue(membership.Voters, valueOf), MajorityValue(membership.OutgoingVoters, valueOf));

    /// <summary>Null stands for a member that has not answered.</summary>
    public static VoteResult Tally(Membership membership, Func<MemberId, bool?> voteOf)
    {
        var incoming = MajorityVote(membership.Voters, voteOf);
        var outgoing = MajorityVote(membership.OutgoingVoters, voteOf);
        if (incoming == outgoing)
        {
            return incoming;
        }

        return incoming == VoteResult.Lost || outgoing == VoteResult.Lost ? VoteResult.Lost : VoteResult.Pending;
    }

    private static long MajorityValue(IReadOnlyList<MemberId> voters, Func<MemberId, long> valueOf)
    {
        if (voters.Count == 0)
        {
            return long.MaxValue;
        }

        Span<long> values = stackalloc long[voters.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = valueOf(voters[i]);
        }

        values.Sort();
        return values[values.Length - MajorityOf(values.Length)];
    }

    private static VoteResult MajorityVote(IReadOnlyList<MemberId> voters, Func<MemberId, bool?> voteOf)
    {
        int yes = 0, no = 0;
        for (int i = 0; i < voters.Count; i++)
        {
            switch (voteOf(voters[i]))
            {
                case true: yes++; break;
                case false: no++; break;
                default: break;
            }
        }

        int needed = MajorityOf(voters.Count);
        if (voters.Count == 0 || yes >= needed)
        {
            return VoteResult.Won;
        }

        return voters.Count - no < needed ? VoteResult.Lost : VoteResult.Pending;
    }
}
