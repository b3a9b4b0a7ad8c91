using Concord.Raft;
using Concord.Simulator.Disk;
using Concord.Simulator.Runs;
using Concord.Storage;

namespace Concord.Simulator.Hosts;

/// <summary>How a process ends that did not want to.</summary>
internal enum CrashKind
{
    /// <summary>The machine goes on: the disk's cache is still there.</summary>
    Kill,

    /// <summary>The cache is lost, sector by sector and name by name.</summary>
    PowerLoss,
}

/// <summary>One machine: its disk, its clock, and the process that runs on it, if one does.</summary>
internal sealed class SimulatedHost
{
    /// <summary>In microseconds. A flush that has begun ends in the time that members are given to recover after healing.</summary>
    private const long FlushMax = 8 * Dials.Second;

    private readonly Dice _dice;

    public SimulatedHost(Simulation world, int number, Membership founders, Dice dice)
    {
        World = world;
        Number = number;
        Founders = founders;
        _dice = dice;
        Identity = new(world.ClusterId, (ulong)number, $"n{number}");
        Disk = new SimulatedDisk((int)(dice.Next() >> 33));
        int skew = world.Dials.ClockSkewPerMille;
        ClockPerMille = 1000 + dice.Between(-skew, skew);
    }

    public Simulation World { get; }

    public int Number { get; }

    public MemberId Id => new((ulong)Number);

    public MemberIdentity Identity { get; }

    /// <summary>The group that it belongs to from the start; empty for one that joins later.</summary>
    public Membership Founders { get; }

    public SimulatedDisk Disk { get; private set; }

    public DurableModel Durable { get; private set; } = new();

    public HostProcess? Process { get; private set; }

    public HostRules Rules => World.Rules;

    /// <summary>Speed of its clock: 1000 is true time, more is fast.</summary>
    public int ClockPerMille { get; }

    /// <summary>Its process does nothing before this time.</summary>
    public long PausedUntil { get; set; }

    /// <summary>It left the group for good; its number is never used again.</summary>
    public bool IsRetired { get; set; }

    /// <summary>It found its data damaged and refuses to start until it is replaced.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Somebody changed bits of its disk at rest since the last start.</summary>
    public bool IsTampered { get; set; }

    /// <summary>The committed configuration has named it.</summary>
    public bool WasMember { get; set; }

    /// <summary>Stands by to take a damaged member's place.</summary>
    public bool IsReserve { get; set; }

    /// <summary>Clients know it: it is or was a member, and is not switched off.</summary>
    public bool IsKnown => !IsRetired && (WasMember || Founders.Voters.Count > 0);

    public bool IsRunning => Process is { IsAlive: true };

    public long DiskDelay() => _dice.Around(50);

    public long FlushDelay() => Math.Min(_dice.Around(World.Dials.FlushMean) * (Disk.IsSlow ? World.Dials.SlowDiskFactor : 1), FlushMax);

    /// <summary>How long the process takes to come to a turn.</summary>
    public long TurnDelay() => _dice.Between(10, 60);

    public ulong NextSeed() => _dice.Next();

    public void Start()
    {
        PausedUntil = 0;
        ReplicaStorage storage;
        StoredState found;
        try
        {
            storage = ReplicaStorage.Open(Disk, Identity, World.Dials.Storage, out found);
        }
        catch (StorageDamagedException error)
        {
            if (!Rules.RefusesDamage)
            {
                World.Trace.Note($"{Identity.Name} is damaged and starts with an empty disk");
                Disk = new SimulatedDisk((int)(_dice.Next() >> 33));
                Start();
                return;
            }

            if (!IsTampered)
                throw new SimulationFailedException($"{Identity.Name} finds damage that nobody did: {error.Message}", error);
            IsDamaged = true;
            World.Trace.Note($"{Identity.Name} refuses to start: {error.Path} at byte {error.Offset}: {error.Found}");
            return;
        }

        CheckRecovery(found);
        Process = new HostProcess(this, storage, found);
        World.Trace.Note($"{Identity.Name} starts, log to {found.Snapshot?.Index.Value ?? 0}+{found.Entries.Count}");
        Process.Begin();
    }

    /// <summary>Ends the process; what it had in the disk's cache is kept or not.</summary>
    public void Crash(CrashKind kind)
    {
        if (Process is not { } process)
            return;
        process.End();
        _undurable = [.. process.DiskWorker.Undurable.Take(process.DiskWorker.AppendedCount + 1)];
        Process = null;
        int seed = (int)(_dice.Next() >> 33);
        Disk = kind == CrashKind.Kill ? Disk.CloneAfterKill(seed) : Disk.CloneAfterCrash(seed);
    }

    private LogWrite[] _undurable = [];

    /// <summary>
    /// Recovery finds every durable write, and of those that were appended but not flushed the first few, none in part.
    /// </summary>
    private void CheckRecovery(StoredState found)
    {
        var model = Durable.Copy();
        string? difference = model.DifferenceTo(found);
        string? first = difference;
        foreach (var write in _undurable.Select(Rules.ToDisk))
        {
            if (difference is null)
                break;
            if (write.Snapshot is not null)
            {
                model.Apply(write with { Entries = default });
                difference = model.DifferenceTo(found);
                if (difference is null)
                    break;
            }

            model.Apply(write.Snapshot is null ? write : write with { Snapshot = null });
            difference = model.DifferenceTo(found);
        }

        if (difference is not null)
            throw new SimulationFailedException($"{Identity.Name} lost what was durable on its disk: {first}");
        _undurable = [];
        IsTampered = false;
        Durable = model;
    }
}
