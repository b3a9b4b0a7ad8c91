using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Faults;

/// <summary>Disks that are slow, full or failing, and data that changes at rest.</summary>
internal sealed class DiskFaultPlan(Simulation world, Dice dice)
{
    public static void Heal(SimulatedHost host)
    {
        host.Disk.IsSlow = false;
        host.Disk.CapacityBytes = long.MaxValue;
        host.Disk.Faults.FailNextFlush = false;
    }

    public void Slow(SimulatedHost host)
    {
        host.Disk.IsSlow = !host.Disk.IsSlow;
        world.Trace.Note($"{host.Identity.Name}'s disk is {(host.Disk.IsSlow ? "slow" : "fast again")}");
    }

    /// <summary>The cache forgets what it should have written, and says so once.</summary>
    public void FailFlush(SimulatedHost host)
    {
        if (!host.IsRunning)
            return;
        host.Disk.Faults.FailNextFlush = true;
        world.Trace.Note($"{host.Identity.Name}'s next flush fails");
    }

    public void Fill(SimulatedHost host)
    {
        bool isFull = host.Disk.CapacityBytes != long.MaxValue;
        host.Disk.CapacityBytes = isFull ? long.MaxValue : host.Disk.UsedBytes + dice.Below(100_000);
        world.Trace.Note($"{host.Identity.Name}'s disk {(isFull ? "has room again" : "is about to be full")}");
    }

    /// <summary>
    /// While the process is down, bits change or a sector lands in a wrong place. Members that may have lost promises this
    /// way are fewer than half of the voters at any time, or nothing could be promised at all.
    /// </summary>
    public void Damage(SimulatedHost host)
    {
        if (!host.IsRunning || !IsSpare(host))
            return;
        world.Trace.Note($"{host.Identity.Name} crashes, and its disk is changed at rest");
        world.Nemesis.Stopped(host, CrashKind.Kill);
        host.IsTampered = true;
        var files = new[] { "log", "snapshots" }.SelectMany(directory => host.Disk.List(directory).Select(name => $"{directory}/{name}"))
            .Where(path => host.Disk.Contents(path).Length > 0).ToList();
        string path = dice.Pick(files);
        byte[] contents = host.Disk.Contents(path);
        int used = Array.FindLastIndex(contents, one => one != 0) + 1;
        if (dice.Flip() || used < 1024)
        {
            int offset = dice.Below(Math.Max(1, used));
            host.Disk.FlipBit(path, offset, dice.Below(8));
            world.Trace.Note($"a bit of {path} at byte {offset} flips");
        }
        else
        {
            int from = dice.Below(used / 512) * 512, to = dice.Below(used / 512) * 512;
            host.Disk.Misdirect(path, from, path, to, 512);
            world.Trace.Note($"the sector of {path} at byte {from} appears at byte {to}");
        }
    }

    private bool IsSpare(SimulatedHost host)
    {
        if (Operators.LeaderOf(world) is not { } leader)
            return false;
        var membership = leader.Process!.Raft.Membership;
        if (membership.IsJoint || !membership.Voters.SequenceEqual(leader.Process.Node.AppliedMembership.Voters) || !membership.Voters.Contains(host.Id))
            return false;

        // A change that is not committed yet may leave fewer voters than the one that is.
        if (world.Hosts.Any(other => other.IsRunning && other.Process!.Raft.Membership.Voters.Contains(other.Id)
            && !other.Process.Raft.Membership.Voters.SequenceEqual(membership.Voters)))
            return false;
        int bad = world.Hosts.Count(other => other.IsTampered || other.IsDamaged);
        return bad == 0 && membership.Voters.Count >= 3;
    }
}
