using Concord.Mvcc;
using Concord.Raft;
using Concord.Simulator.Checks;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Clients;

/// <summary>The clients of a run, their calls, and the promises that were made to them.</summary>
internal sealed class Workload
{
    private readonly Simulation _world;
    private readonly List<Client> _clients = [];
    private readonly Dictionary<long, ClientCall> _operations = [];
    private readonly SortedDictionary<long, long> _promised = [];
    private readonly HashSet<int> _served = [];
    private readonly FencedResource _resource;
    private long _number;

    public Workload(Simulation world, Dice dice)
    {
        _world = world;
        Truth = new Truth(world);
        for (int i = 0; i < world.Dials.Clients; i++)
            Add(number => new KvClient(world, number, dice.Fork()));
        for (int i = dice.Below(4); i > 0; i--)
            Add(number => new LockClient(world, number, dice.Fork()));
        for (int i = dice.Below(3); i > 0; i--)
            Add(number => new PublishClient(world, number, dice.Fork()));
        for (int i = dice.Below(4); i > 0; i--)
            Add(number => new WatchClient(world, number, dice.Fork()));
        for (int i = dice.Below(3); i > 0; i--)
            Add(number => new AttachedReader(world, number, dice.Fork()));
        _resource = new FencedResource(world, dice.Fork());
    }

    public Truth Truth { get; }

    public bool IsStopped { get; private set; }

    public bool IsBusy => _clients.Exists(client => client.IsBusy);

    public long NextNumber() => ++_number;

    public void Begin() => _clients.ForEach(client => client.Begin());

    public void Stop() => IsStopped = true;

    /// <summary>The faults have ended: who serves from now on is counted anew.</summary>
    public void ForgetServed() => _served.Clear();

    public bool IsServedByAll(List<SimulatedHost> members) => members.All(member => _served.Contains(member.Number));

    /// <summary>Every watcher was told of everything, and every lease that nobody keeps has ended.</summary>
    public bool IsSettled => Truth.Store.Leases.Count == 0
        && _clients.OfType<WatchClient>().All(watcher => watcher.Next > Truth.Store.Revision);

    public string Describe() =>
        $"{Truth.Store.Leases.Count} leases live; revision {Truth.Store.Revision}, watchers wait for "
        + string.Join(", ", _clients.OfType<WatchClient>().Select(watcher => watcher.Next));

    public void Started(ClientCall operation)
    {
        _world.Figures.Operations++;
        _operations.Add(operation.Number, operation);
        Truth.Started(operation);
    }

    public void Proposed(long number, LogIndex index, Term term)
    {
        var operation = _operations[number];
        if (operation.Index != LogIndex.Zero)
            throw new SimulationFailedException($"{operation} was put into the log twice");
        operation.Index = index;
        operation.Term = term;
    }

    public void Answered(ClientCall operation, ClientAnswer answer)
    {
        Truth.Answered(operation, answer);
        _world.Figures.Acknowledged += answer.Kind == AnswerKind.Done ? 1 : 0;
        _world.Figures.Unknown += answer.Kind == AnswerKind.Unknown ? 1 : 0;
        if (answer.Kind == AnswerKind.Done && operation is { Command: null, IsLinearizable: true })
            _served.Add(answer.From);
    }

    /// <summary>Those that only read are connected to one member.</summary>
    public void AttachReaders(int host) => _clients.OfType<AttachedReader>().ToList().ForEach(reader => reader.Attach(host));

    public void CheckAll() => Truth.CheckAll();

    /// <summary>A lease was promised to live until <paramref name="until"/> at least.</summary>
    public void Promised(LeaseId lease, long until)
    {
        _promised[lease.Value] = until;
        if (Truth.LeaseEnd(lease) is { } end && end < until)
            throw new SimulationFailedException($"lease {lease} was promised until {Trace.Stamp(until)} but had ended at {Trace.Stamp(end)}");
    }

    /// <summary>The client does not count on the lease any more.</summary>
    public void Released(LeaseId lease) => _promised.Remove(lease.Value);

    public void LeaseEnded(LeaseId lease, bool expired)
    {
        _world.Figures.LeasesExpired += expired ? 1 : 0;
        if (expired && _promised.TryGetValue(lease.Value, out long until) && _world.Events.Now < until)
            throw new SimulationFailedException($"lease {lease} expired at {Trace.Stamp(_world.Events.Now)}, it was promised until {Trace.Stamp(until)}");
    }

    /// <summary>Nobody else may rely on the lock that <paramref name="holder"/> has just got or kept.</summary>
    public void CheckLock(LockClient holder)
    {
        _world.Figures.LocksTaken++;
        var other = _clients.OfType<LockClient>().FirstOrDefault(client => client != holder && client.HoldsUntil > _world.Events.Now);
        if (other is not null && holder.HoldsUntil > _world.Events.Now)
            throw new SimulationFailedException($"clients {holder.Number} and {other.Number} hold the lock at once");
        if (holder.HoldsUntil > _world.Events.Now)
            _resource.Use(holder);
    }

    private void Add(Func<int, Client> make) => _clients.Add(make(Simulation.HostsMax + 1 + _clients.Count));
}
