using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Faults;

/// <summary>
/// Lets faults befall the cluster, at times and in kinds drawn from the seed, until it is told to heal. Each kind has a weight
/// of its own in each run, so that some runs see much of one kind and nothing of another.
/// </summary>
internal sealed class Nemesis
{
    private readonly Simulation _world;
    private readonly Dice _dice;
    private readonly DiskFaultPlan _disks;
    private readonly Operators _operators;
    private readonly List<Action<SimulatedHost>> _kinds = [];
    private readonly long _pause;
    private readonly bool _mayLoseQuorum;

    public Nemesis(Simulation world, Dice dice)
    {
        _world = world;
        _dice = dice;
        _disks = new(world, dice.Fork());
        _operators = new(world, dice.Fork());
        _pause = dice.Pick<long>([200, 500, 1_000, 2_000, 5_000]) * 1000;
        _mayLoseQuorum = dice.Below(4) == 0;
        Weigh(3, Crash);
        Weigh(2, Pause);
        Weigh(2, Partition);
        Weigh(2, _ => StrandLeader());
        Weigh(3, Repair);
        Weigh(1, Flap);
        Weigh(1, CutClients);
        Weigh(1, _disks.Slow);
        Weigh(1, _disks.FailFlush);
        Weigh(1, _disks.Fill);
        Weigh(1, host => _disks.Damage(host));
        Weigh(2, _ => _operators.ChangeMembership());
        Weigh(1, _ => _operators.TransferLeadership());
    }

    public bool IsHealed { get; private set; }

    public Operators Operators => _operators;

    public void Begin()
    {
        Plan();
        _operators.Begin();
    }

    public void Heal()
    {
        IsHealed = true;
        _world.Trace.Note("faults end");
        _world.Network.Heal();
        foreach (var host in _world.Hosts)
        {
            host.PausedUntil = 0;
            DiskFaultPlan.Heal(host);
            StartAgain(host);
        }
    }

    /// <summary>A process ended; it is started again after a while.</summary>
    public void Stopped(SimulatedHost host, CrashKind kind)
    {
        if (!host.IsRunning)
            return;
        _world.Figures.Crashes++;
        _world.Figures.LostWrites += kind == CrashKind.PowerLoss ? host.Process!.DiskWorker.AppendedCount : 0;
        host.Crash(kind);
        _world.Events.After(_dice.Around(_dice.Pick<long>([50, 500, 3_000]) * 1000), () => StartAgain(host));
    }

    /// <summary>The transport often knows that it lost something.</summary>
    public void MessageLost(SimulatedHost from, int to)
    {
        if (_dice.Chance(200) && from.Process is { } process)
            process.Call(() => process.Raft.ReportUnreachable(new((ulong)to)));
    }

    /// <summary>Nobody listens at the other side, which its machine says.</summary>
    public void ConnectionRefused(SimulatedHost from, int to)
    {
        if (_dice.Chance(500) && from.Process is { } process)
            process.Call(() => process.Raft.ReportConnectionRefused(new((ulong)to)));
    }

    private static void StartAgain(SimulatedHost host)
    {
        if (!host.IsRunning && !host.IsRetired && !host.IsDamaged)
            host.Start();
    }

    private void Weigh(int usual, Action<SimulatedHost> kind)
    {
        for (int weight = usual * _dice.Pick([0, 1, 1, 3]); weight > 0; weight--)
            _kinds.Add(kind);
    }

    private void Plan() => _world.Events.After(_dice.Around(_pause), () =>
    {
        if (IsHealed || _kinds.Count == 0)
            return;
        var hosts = _world.Hosts.Where(host => !host.IsRetired).ToList();
        _dice.Pick(_kinds)(_dice.Pick(hosts));
        Plan();
    });

    private void Crash(SimulatedHost host)
    {
        int up = _world.Hosts.Count(other => other.IsRunning), of = _world.Hosts.Count(other => !other.IsRetired);
        if (!host.IsRunning || (!_mayLoseQuorum && up - 1 <= of / 2 && of > 1))
            return;
        var kind = _dice.Flip() ? CrashKind.Kill : CrashKind.PowerLoss;
        _world.Trace.Note($"{host.Identity.Name} crashes ({kind})");
        Stopped(host, kind);
        if (_dice.Below(10) == 0)
        {
            foreach (var other in _world.Hosts.Where(other => other.IsRunning).ToList())
            {
                _world.Trace.Note($"{other.Identity.Name} crashes too");
                Stopped(other, kind);
            }
        }
    }

    private void Pause(SimulatedHost host)
    {
        if (!host.IsRunning)
            return;
        long pause = _dice.Around(_dice.Pick<long>([100, 1_000, 4_000]) * 1000);
        _world.Trace.Note($"{host.Identity.Name} pauses for {pause / 1000} ms");
        host.PausedUntil = _world.Events.Now + pause;
    }

    private void Partition(SimulatedHost host)
    {
        bool oneWay = _dice.Below(3) == 0;
        bool isLone = _dice.Flip();
        host = isLone && _dice.Flip() && Faults.Operators.LeaderOf(_world) is { } leader ? leader : host;
        var side = isLone ? [host.Number] : _world.Hosts.Where(other => !other.IsRetired && _dice.Flip()).Select(other => other.Number).ToList();
        foreach (int a in side)
        {
            foreach (var b in _world.Hosts.Where(other => !side.Contains(other.Number)))
            {
                bool toSide = oneWay && _dice.Flip();
                _world.Network.Link(toSide ? b.Number : a, toSide ? a : b.Number).IsCut = true;
                if (!oneWay)
                    _world.Network.Link(b.Number, a).IsCut = true;
            }
        }

        _world.Trace.Note($"partition {(oneWay ? "one way " : "")}around {string.Join(',', side)}");
    }

    /// <summary>The leader is cut off from the other members but not from its clients; the others elect and write.</summary>
    private void StrandLeader()
    {
        if (Faults.Operators.LeaderOf(_world) is not { } leader)
            return;
        foreach (var other in _world.Hosts.Where(other => other != leader))
            _world.Network.Link(leader.Number, other.Number).IsCut = _world.Network.Link(other.Number, leader.Number).IsCut = true;
        _world.Workload.AttachReaders(leader.Number);
        _world.Trace.Note($"{leader.Identity.Name} leads and is cut off from the others, not from its clients");
    }

    private void Repair(SimulatedHost host)
    {
        _world.Network.RepairLinks();
        _world.Trace.Note("links are repaired");
    }

    /// <summary>A link that goes and comes, many times.</summary>
    private void Flap(SimulatedHost host)
    {
        var other = _dice.Pick(_world.Hosts);
        if (other == host)
            return;
        _world.Trace.Note($"the link between {host.Number} and {other.Number} flaps");
        Flap(_world.Network.Link(host.Number, other.Number), _world.Network.Link(other.Number, host.Number), 2 + _dice.Below(20));
    }

    private void Flap(Network.Link there, Network.Link back, int times)
    {
        if (IsHealed)
            return;
        there.IsCut = back.IsCut = times % 2 == 1;
        if (times > 0)
            _world.Events.After(_dice.Around(150_000), () => Flap(there, back, times - 1));
    }

    private void CutClients(SimulatedHost host)
    {
        _world.Trace.Note($"clients cannot reach {host.Identity.Name}");
        for (int client = Simulation.HostsMax + 1; client <= Simulation.HostsMax + 20; client++)
        {
            _world.Network.Link(client, host.Number).IsCut = true;
            _world.Network.Link(host.Number, client).IsCut = _dice.Flip();
        }
    }
}
