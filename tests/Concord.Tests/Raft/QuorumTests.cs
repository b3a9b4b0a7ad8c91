using Concord.Raft;
using CsCheck;

namespace Concord.Tests.Raft;

/// <summary>Majority arithmetic against counting by hand.</summary>
public sealed class QuorumTests
{
    private static readonly Gen<MemberId[]> Ids =
        Gen.ULong[1, 9].Array[0, 7].Select(ids => ids.Distinct().Order().Select(id => new MemberId(id)).ToArray());

    private static readonly Gen<Membership> Memberships =
        Gen.Select(Ids, Ids, (voters, outgoing) => new Membership(voters, outgoing, [], [], false));

    private static readonly Gen<long[]> Values = Gen.Long[0, 6].Array[10];

    [Fact]
    public void The_agreed_value_is_the_greatest_that_both_majorities_reach() =>
        Gen.Select(Memberships, Values).Sample((membership, values) =>
        {
            bool ReachedBy(IReadOnlyList<MemberId> voters, long value) =>
                voters.Count == 0 || voters.Count(id => values[id.Value] >= value) * 2 > voters.Count;
            bool Reached(long value) => ReachedBy(membership.Voters, value) && ReachedBy(membership.OutgoingVoters, value);
            long expected = membership.Voters.Count + membership.OutgoingVoters.Count == 0
                ? long.MaxValue
                : Enumerable.Range(0, 7).Select(v => (long)v).Last(Reached);

            Assert.Equal(expected, Quorum.Agreed(membership, id => values[id.Value]));
        }, iter: 20_000);

    /// <summary>Won: however the others vote, both majorities stay. Lost: however they vote, one is missing.</summary>
    [Fact]
    public void An_election_is_decided_when_the_missing_votes_cannot_change_it() =>
        Gen.Select(Memberships, Gen.Int[0, 2].Array[10]).Sample((membership, votes) =>
        {
            bool? VoteOf(MemberId id) => votes[id.Value] switch { 0 => false, 1 => true, _ => null };
            bool Majority(IReadOnlyList<MemberId> voters, bool missing) =>
                voters.Count == 0 || voters.Count(id => VoteOf(id) ?? missing) * 2 > voters.Count;
            bool Wins(bool missing) => Majority(membership.Voters, missing) && Majority(membership.OutgoingVoters, missing);
            var expected = Wins(missing: false) ? VoteResult.Won : Wins(missing: true) ? VoteResult.Pending : VoteResult.Lost;

            Assert.Equal(expected, Quorum.Tally(membership, VoteOf));
        }, iter: 20_000);

    /// <summary>Why changes are safe (section 6): a majority of the old and one of the new configuration always meet.</summary>
    [Fact]
    public void Majorities_before_and_after_each_step_of_a_change_meet() =>
        Gen.Select(Ids.Where(ids => ids.Length > 0), Changes, Gen.Int[0, 2]).Sample((voters, changes, mode) =>
        {
            var before = Membership.Of(voters);
            var (after, _) = MembershipRules.Apply(before, new MembershipChange(changes, (JointMode)mode), maxMembers: 9);
            while (after is not null)
            {
                Assert.Null(MembershipRules.Fault(after));
                Assert.True(AlwaysMeet(before, after), $"{TranscriptPrinter.Membership(before)} to {TranscriptPrinter.Membership(after)}");
                before = after;
                after = after.IsJoint ? MembershipRules.Leave(after) : null;
            }
        }, iter: 3_000);

    /// <summary>By way of a joint configuration, many changes lead where the same changes lead one by one.</summary>
    [Fact]
    public void Changes_in_one_step_lead_where_single_changes_lead() =>
        Gen.Select(Ids.Where(ids => ids.Length > 0), Changes).Sample((voters, changes) =>
        {
            var (joint, _) = MembershipRules.Apply(Membership.Of(voters), new MembershipChange(changes, JointMode.Joint), maxMembers: 20);
            Membership? single = Membership.Of(voters);
            foreach (var change in changes)
            {
                single = single is null ? null : MembershipRules.Apply(single, new MembershipChange([change]), maxMembers: 20).Next;
            }

            if (joint is not null && single is not null)
            {
                Assert.Equal(TranscriptPrinter.Membership(single), TranscriptPrinter.Membership(MembershipRules.Leave(joint)));
            }
        }, iter: 5_000);

    private static Gen<MemberChange[]> Changes =>
        Gen.Select(Gen.Int[0, 2], Gen.ULong[1, 9], (kind, id) => new MemberChange((MemberChangeKind)kind, new MemberId(id))).Array[1, 5];

    /// <summary>Tries every set of members: none wins in one configuration while the rest wins in the other.</summary>
    private static bool AlwaysMeet(Membership a, Membership b)
    {
        for (int set = 0; set < 1 << 10; set++)
        {
            bool In(MemberId id) => (set & (1 << (int)id.Value)) != 0;
            bool winsA = Quorum.Tally(a, id => In(id)) == VoteResult.Won;
            bool restWinsB = Quorum.Tally(b, id => !In(id)) == VoteResult.Won;
            if (winsA && restWinsB)
            {
                return false;
            }
        }

        return true;
    }
}
