using Concord.Raft;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Faults;

/// <summary>
/// What people do to a cluster: add, promote, replace and remove members, several in one step, hand leadership over, and
/// replace a member whose disk is damaged by a new one with an empty disk.
/// </summary>
internal sealed class Operators(Simulation world, Dice dice)
{
    private const int VotersMax = 7;

    private Membership _committed = Membership.Empty;

    /// <summary>How often they look, in microseconds.</summary>
    private const long Round = Dials.Second / 2;

    public static SimulatedHost? LeaderOf(Simulation world) => world.Hosts
        .Where(host => host.IsRunning && host.Process!.Node.Role == RaftRole.Leader)
        .MaxBy(host => host.Process!.Node.Term.Value);

    /// <summary>Nobody in their senses shrinks a cluster that has lost a member; first it is replaced.</summary>
    private bool IsWhole => !world.Hosts.Any(host => !host.IsRetired && (host.IsTampered || host.IsDamaged));

    public void Begin() => world.Events.After(Round, () =>
    {
        LookAfter();
        Begin();
    });

    /// <summary>A configuration was committed.</summary>
    public void Committed(Membership membership)
    {
        _committed = membership;
        foreach (var host in world.Hosts)
            host.WasMember |= IsMemberOf(membership, host.Id);
    }

    public void TransferLeadership()
    {
        if (LeaderOf(world) is not { } leader)
            return;
        var target = dice.Pick(world.Hosts).Id;
        world.Trace.Note($"{leader.Id} is asked to hand over to {target}");
        leader.Process!.Call(() => leader.Process?.Node.TransferLeadership(target));
    }

    public void ChangeMembership()
    {
        if (LeaderOf(world) is not { } leader || world.Hosts.Count > Simulation.HostsMax - 8)
            return;
        if (!IsWhole)
            return;
        var membership = leader.Process!.Raft.Membership;
        if (membership.IsJoint)
        {
            leader.Process.ChangeMembership([], JointMode.Auto);
            return;
        }

        var changes = Changes(membership);
        if (changes.Length == 0)
            return;
        var mode = dice.Pick([JointMode.Auto, JointMode.Auto, JointMode.Joint, JointMode.JointExplicit]);
        Propose(leader, changes, mode, () => IsWhole);
    }

    private MemberChange[] Changes(Membership membership)
    {
        var voters = membership.Voters;
        switch (dice.Below(6))
        {
            case 0 when voters.Count < VotersMax:
                return [Add(MemberChangeKind.AddLearner)];
            case 1 when membership.Learners.Count > 0:
                return [new(MemberChangeKind.AddVoter, dice.Pick(membership.Learners))];
            case 2 when voters.Count > 2:
                return [new(MemberChangeKind.Remove, dice.Pick(voters))];
            case 3:
                return [new(MemberChangeKind.Remove, dice.Pick(voters)), Add(MemberChangeKind.AddVoter)];
            case 4 when voters.Count <= VotersMax - 2:
                return [Add(MemberChangeKind.AddVoter), Add(MemberChangeKind.AddVoter)];
            case 5 when voters.Count > 3:
                return [new(MemberChangeKind.Remove, voters[0]), new(MemberChangeKind.AddLearner, voters[1])];
            default:
                return [];
        }
    }

    private MemberChange Add(MemberChangeKind kind)
    {
        var host = world.AddHost(Membership.Empty);
        host.Start();
        return new(kind, host.Id);
    }

    private void Propose(SimulatedHost leader, MemberChange[] changes, JointMode mode, Func<bool>? isWanted = null)
    {
        world.Figures.MembershipChanges++;
        world.Trace.Note($"{leader.Id} is asked to {string.Join(", ", changes.Select(change => $"{change.Kind} {change.Member}"))} ({mode})");
        leader.Process!.ChangeMembership(changes, mode, isWanted);
    }

    private void LookAfter()
    {
        Retire();
        if (LeaderOf(world) is not { } leader || !leader.Process!.Node.IsLeading)
            return;
        var membership = leader.Process.Raft.Membership;
        if (membership.IsJoint)
        {
            if (world.Nemesis.IsHealed && !membership.AutoLeave)
                leader.Process.ChangeMembership([], JointMode.Auto);
            return;
        }

        var damaged = world.Hosts.FirstOrDefault(host => host.IsDamaged && !host.IsRetired && IsMemberOf(membership, host.Id));
        if (damaged is not null && world.Hosts.Count < Simulation.HostsMax)
        {
            var kind = membership.Learners.Contains(damaged.Id) ? MemberChangeKind.AddLearner : MemberChangeKind.AddVoter;
            var fresh = world.Hosts.FirstOrDefault(host => host is { IsRunning: true, IsReserve: true, WasMember: false }) ?? AddReserve();
            Propose(leader, [new(MemberChangeKind.Remove, damaged.Id), new(kind, fresh.Id)], JointMode.Auto);
        }
    }

    /// <summary>Stays the candidate until a change with it was accepted.</summary>
    private SimulatedHost AddReserve()
    {
        var host = world.AddHost(Membership.Empty);
        host.IsReserve = true;
        host.Start();
        return host;
    }

    /// <summary>Whoever was a member and is none by the committed configuration is switched off for good.</summary>
    private void Retire()
    {
        foreach (var host in world.Hosts)
        {
            if (!IsMemberOf(_committed, host.Id) && !host.IsRetired && host.WasMember)
            {
                world.Trace.Note($"{host.Identity.Name} is no member any more and is switched off");
                host.IsRetired = true;
                host.Crash(CrashKind.Kill);
            }
        }
    }

    private static bool IsMemberOf(Membership membership, MemberId id) =>
        membership.Voters.Contains(id) || membership.OutgoingVoters.Contains(id) || membership.Learners.Contains(id) || membership.NextLearners.Contains(id);
}
