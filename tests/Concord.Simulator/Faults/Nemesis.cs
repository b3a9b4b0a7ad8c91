using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Faults;

/// <summary>Lets faults befall the cluster, at times and in kinds drawn from the seed, until it is told to heal.</summary>
internal sealed class Nemesis
{
    private readonly Simulation _world;
    private readonly Dice _dice;
    private readonly long _pause;
    private bool _isHealed;

    public Nemesis(Simulation world, Dice dice)
    {
        _world = world;
        _dice = dice;
        _pause = dice.Pick<long>([200, 500, 1_000, 2_000, 5_000]) * 1000;
    }

    public void Begin() => Plan();

    public void Heal()
    {
        _isHealed = true;
        _world.Trace.Note("faults end");
        _world.Network.Heal();
        foreach (var host in _world.Hosts)
        {
            host.PausedUntil = 0;
            host.Disk.IsSlow = false;
            if (!host.IsRunning && !host.IsRetired && !host.IsDamaged)
                host.Start();
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
        _world.Events.After(_dice.Around(_dice.Pick<long>([50, 500, 3_000]) * 1000), () =>
        {
            if (!host.IsRunning && !host.IsRetired && !host.IsDamaged)
                host.Start();
        });
    }

    /// <summary>The transport often knows that it lost something, and that nobody listens at the other side.</summary>
    public void MessageLost(SimulatedHost from, int to)
    {
        if (_dice.Chance(200) && from.Process is { } process)
            process.Call(() => process.Raft.ReportUnreachable(new((ulong)to)));
    }

    private void Plan() => _world.Events.After(_dice.Around(_pause), () =>
    {
        if (_isHealed)
            return;
        Strike();
        Plan();
    });

    private void Strike()
    {
        var host = _dice.Pick(_world.Hosts);
        switch (_dice.Below(10))
        {
            case < 4 when host.IsRunning:
                var kind = _dice.Flip() ? CrashKind.Kill : CrashKind.PowerLoss;
                _world.Trace.Note($"{host.Identity.Name} crashes ({kind})");
                Stopped(host, kind);
                break;
            case < 6 when host.IsRunning:
                long pause = _dice.Around(_dice.Pick<long>([100, 1_000, 4_000]) * 1000);
                _world.Trace.Note($"{host.Identity.Name} pauses for {pause / 1000} ms");
                host.PausedUntil = _world.Events.Now + pause;
                break;
            case < 8:
                Partition();
                break;
            case < 9:
                _world.Network.RepairLinks();
                _world.Trace.Note("links are repaired");
                break;
            default:
                host.Disk.IsSlow = !host.Disk.IsSlow;
                _world.Trace.Note($"{host.Identity.Name}'s disk is {(host.Disk.IsSlow ? "slow" : "fast again")}");
                break;
        }
    }

    private void Partition()
    {
        bool oneWay = _dice.Below(3) == 0;
        var side = _world.Hosts.Where(_ => _dice.Flip()).Select(host => host.Number).ToList();
        foreach (int a in side)
        {
            foreach (var b in _world.Hosts.Where(host => !side.Contains(host.Number)))
            {
                _world.Network.Link(a, b.Number).IsCut = true;
                if (!oneWay)
                    _world.Network.Link(b.Number, a).IsCut = true;
            }
        }

        _world.Trace.Note($"partition {(oneWay ? "one way " : "")}around {string.Join(',', side)}");
    }
}
