namespace Concord.Raft;

/// <summary>Which configurations are well formed, and which one a change leads to (section 6). Pure functions.</summary>
internal static class MembershipRules
{
    /// <summary>What is wrong with a configuration, or null.</summary>
    public static string? Fault(Membership membership)
    {
        if (membership.Voters.Count == 0)
        {
            return "no voter is left";
        }

        if (!IsSorted(membership.Voters) || !IsSorted(membership.OutgoingVoters)
            || !IsSorted(membership.Learners) || !IsSorted(membership.NextLearners))
        {
            return "ids must be distinct, in rising order and not zero";
        }

        if (Overlap(membership.Learners, membership.Voters) || Overlap(membership.Learners, membership.OutgoingVoters))
        {
            return "a member cannot be voter and learner at once";
        }

        for (int i = 0; i < membership.NextLearners.Count; i++)
        {
            if (!membership.OutgoingVoters.Contains(membership.NextLearners[i]) || membership.Voters.Contains(membership.NextLearners[i]))
            {
                return "a member that becomes a learner later must be an outgoing voter and no incoming one";
            }
        }

        return membership.AutoLeave && !membership.IsJoint ? "only a joint configuration can be left by itself" : null;
    }

    /// <summary>The configuration after <paramref name="change"/>, or why it is refused.</summary>
    public static (Membership? Next, string? Reason) Apply(Membership current, MembershipChange change, int maxMembers)
    {
        if (change.Changes.Count == 0)
        {
            return current.IsJoint ? (Leave(current) with { Context = change.Context ?? current.Context }, null)
                : change.Context is { } context ? (current with { Context = context }, null)
                : (null, "there is no joint configuration to leave: name at least one change");
        }

        if (current.IsJoint)
        {
            return (null, "the group is in a joint configuration: leave it first");
        }

        if (change.Changes.Any(c => c.Member.IsNone))
        {
            return (null, "a member's id must not be zero");
        }

        var target = Target(current, change.Changes);
        if (target.Voters.Count == 0)
        {
            return (null, "the change would leave no voter: add one in the same change");
        }

        if (target.Voters.Union(target.Learners).Count() > maxMembers)
        {
            return (null, $"the group would have more than {maxMembers} members: remove some first");
        }

        target = target with { Context = change.Context ?? current.Context };
        bool oneStep = change.Mode == JointMode.Auto && VoterChanges(current.Voters, target.Voters) <= 1;
        return (oneStep ? target : Joint(current, target, autoLeave: change.Mode != JointMode.JointExplicit), null);
    }

    /// <summary>The new half alone; voters that were to become learners do so now.</summary>
    public static Membership Leave(Membership joint) =>
        new(joint.Voters, [], Sorted(joint.Learners.Union(joint.NextLearners)), [], AutoLeave: false) { Context = joint.Context };

    /// <summary>Where the changes lead, as if made one after the other.</summary>
    private static Membership Target(Membership current, IReadOnlyList<MemberChange> changes)
    {
        List<MemberId> voters = [.. current.Voters], learners = [.. current.Learners];
        foreach (var change in changes)
        {
            voters.Remove(change.Member);
            learners.Remove(change.Member);
            if (change.Kind == MemberChangeKind.AddVoter)
            {
                voters.Add(change.Member);
            }
            else if (change.Kind == MemberChangeKind.AddLearner)
            {
                learners.Add(change.Member);
            }
        }

        return new Membership(Sorted(voters), [], Sorted(learners), [], AutoLeave: false);
    }

    /// <summary>
    /// Both halves. A voter of the old half cannot be a learner yet: its vote counts until the end, so it waits in
    /// <see cref="Membership.NextLearners"/>.
    /// </summary>
    private static Membership Joint(Membership current, Membership target, bool autoLeave) =>
        new(
            target.Voters,
            current.Voters,
            Sorted(target.Learners.Except(current.Voters)),
            Sorted(target.Learners.Intersect(current.Voters)),
            autoLeave)
        {
            Context = target.Context,
        };

    private static int VoterChanges(IReadOnlyList<MemberId> before, IReadOnlyList<MemberId> after) =>
        before.Except(after).Count() + after.Except(before).Count();

    private static MemberId[] Sorted(IEnumerable<MemberId> ids) => [.. ids.Order()];

    private static bool IsSorted(IReadOnlyList<MemberId> ids)
    {
        for (int i = 0; i < ids.Count; i++)
        {
            if (ids[i].IsNone || (i > 0 && ids[i].CompareTo(ids[i - 1]) <= 0))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Overlap(IReadOnlyList<MemberId> a, IReadOnlyList<MemberId> b) => a.Any(b.Contains);
}
