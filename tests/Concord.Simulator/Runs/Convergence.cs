using Concord.Raft;
using Concord.Simulator.Checks;
using Concord.Simulator.Hosts;

namespace Concord.Simulator.Runs;

/// <summary>
/// Liveness: once the faults have ended, within a bound there is one leader, writes are acknowledged, and every member of
/// the group has applied the same.
/// </summary>
internal sealed class Convergence(Simulation world)
{
    /// <summary>
    /// A dozen election timeouts, and the transfer of a snapshot at the slowest link that healing leaves. What takes
    /// longer is stuck.
    /// </summary>
    private const long Bound = 30 * Dials.Second;

    private const long Step = Dials.Second / 10;

    public void Run()
    {
        long healed = world.Events.Now;
        long acknowledged = world.Figures.Acknowledged;
        world.Workload.ForgetServed();
        while (!HasConverged(acknowledged))
        {
            if (world.Events.Now >= healed + Bound)
                throw new SimulationFailedException($"{Bound / Dials.Second} s after the faults ended: {Describe()}");
            world.RunUntil(world.Events.Now + Step);
        }

        HandOver();
        world.Trace.Note($"agreed {(world.Events.Now - healed) / 1000} ms after healing");
        world.Workload.Stop();
        while (!AllEqual())
        {
            if (world.Events.Now >= healed + (2 * Bound))
                throw new SimulationFailedException($"members and clients do not come to rest: {Describe()}; {world.Workload.Describe()}");
            world.RunUntil(world.Events.Now + Step);
        }

        RaftChecks.LogMatching(world.Hosts);
        foreach (var host in Members())
            world.StateChecks.Compare(host);
    }

    /// <summary>
    /// Leadership goes where it is asked to go, without anybody's timeout: a few words and a flush or two. Asked again,
    /// because a slow flush from before the healing may take longer than the leader waits.
    /// </summary>
    private void HandOver()
    {
        long began = world.Events.Now;
        if (Leader()!.Process!.Raft.Membership.Voters is not { Count: > 1 } voters)
            return;
        var target = voters[(int)(world.Figures.Acknowledged % voters.Count)];
        while (Leader() is not { Process.Node.IsLeading: true } leader || leader.Id != target)
        {
            if (world.Events.Now >= began + Bound)
                throw new SimulationFailedException($"leadership was not handed over to {target} in {Bound / Dials.Second} s: {Describe()}");
            if (Leader() is { } asked && asked.Id != target)
                asked.Process!.Call(() => asked.Process?.Node.TransferLeadership(target));
            world.RunUntil(world.Events.Now + Step);
        }

        world.Trace.Note($"{target} was handed leadership in {(world.Events.Now - began) / 1000} ms");
    }

    private bool HasConverged(long acknowledgedBefore) =>
        Leader() is { } leader && world.Figures.Acknowledged > acknowledgedBefore + 5 && Members().All(member => member.IsRunning)
        && leader.Process!.Node.IsLeading && !leader.Process.Raft.Membership.IsJoint
        && world.Workload.IsServedByAll(Members());

    private bool AllEqual()
    {
        var commit = Leader()?.Process!.Node.CommitIndex;
        return commit == world.RaftChecks.MaxCommit && !world.Workload.IsBusy && world.Workload.IsSettled && Members().All(member =>
            member.Process is { } process && process.Node.AppliedIndex == commit && process.Node.LastIndex == commit);
    }

    private SimulatedHost? Leader() => world.Hosts
        .Where(host => host.IsRunning && host.Process!.Node.Role == RaftRole.Leader)
        .MaxBy(host => host.Process!.Node.Term.Value);

    private List<SimulatedHost> Members()
    {
        if (Leader() is not { } leader)
            return [];
        var membership = leader.Process!.Raft.Membership;
        return [.. world.Hosts.Where(host => membership.Voters.Contains(host.Id) || membership.Learners.Contains(host.Id))];
    }

    private string Describe() => string.Join("; ", world.Hosts.Where(host => !host.IsRetired).Select(host => host.Process is { } process
        ? $"{host.Identity.Name} {process.Node.Role} term {process.Node.Term} leader {process.Node.Leader} log {process.Raft.FirstIndex}..{process.Node.LastIndex} "
            + $"persisted {process.Raft.PersistedIndex} commit {process.Node.CommitIndex} applied {process.Node.AppliedIndex} "
            + $"voters {string.Join(',', process.Raft.Membership.Voters)} outgoing {string.Join(',', process.Raft.Membership.OutgoingVoters)} "
            + $"learners {string.Join(',', process.Raft.Membership.Learners)}{(process.DiskWorker.IsFull ? " disk full" : "")}"
        : $"{host.Identity.Name} down{(host.IsDamaged ? ", damaged" : "")}"));
}
