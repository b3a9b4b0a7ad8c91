using Concord.Client.Balancing;
using Concord.Client.Registry;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Load;

/// <summary>
/// Callers with the product's own pools and policies call instances that are queues, in simulated time and one thread: one seed is one run.
/// </summary>
internal sealed class LoadRun
{
    private const string Service = "orders";

    /// <summary>Until callers hear what happened.</summary>
    private const long RegistryDelay = 50_000;

    private readonly List<LoadCaller> _callers = [];
    private readonly ServiceInstance?[] _registered;

    public LoadRun(LoadDials dials)
    {
        Dials = dials;
        Dice = new Dice(dials.Seed);
        Figures = new LoadFigures(dials.WarmUp);
        Instances = [.. Enumerable.Range(0, dials.Instances).Select(_ => new LoadInstance(Events, Dice.Fork(), dials, dials.Slots))];
        _registered = [.. Enumerable.Range(0, dials.Instances).Select(i => Registered(i, 100, 1))];
        dials.Scenario.Plan(this);
        var perSecond = Instances.Sum(one => one.Slots) * 1_000_000.0 / dials.Work * dials.Utilization;
        var time = new VirtualTime(Events);
        for (var i = 0; i < dials.Callers; i++)
        {
            var seed = Dice.Next();
            var pool = new EndpointPool(Service, new()
            {
                Policy = dials.Policy == "peak_ewma" ? BalancingPolicies.PeakEwma(dials.Decay, seed) : BalancingPolicies.Parse(dials.Policy, seed),
                Seed = seed,
                TimeProvider = time,
                Outliers = dials.Ejects ? new() : new() { ConsecutiveFailures = 0, ConsecutiveConnectionFailures = 0, SuccessRateDeviations = 0 },
                SlowStart = dials.StartsSlowly ? new() : new() { Window = TimeSpan.Zero },
            });
            pool.Update(View());
            _callers.Add(new LoadCaller(this, pool, Dice.Fork(), 1_000_000.0 * dials.Callers / perSecond));
        }
    }

    public LoadDials Dials { get; }

    public EventQueue Events { get; } = new();

    public Dice Dice { get; }

    public LoadFigures Figures { get; }

    public IReadOnlyList<LoadInstance> Instances { get; }

    public LoadFigures Run()
    {
        _callers.ForEach(caller => caller.Start());
        while (Events.TryStep(Dials.Duration))
        {
        }

        _callers.ForEach(caller => caller.Pool.Dispose());
        var loads = Instances.Select(one => (double)one.Worked / one.Slots).ToList();
        Figures.Imbalance = loads.Max() / loads.Average();
        return Figures;
    }

    public void At(double seconds, Action action) => Events.At((long)(seconds * 1_000_000), action);

    public LoadInstance? InstanceOf(PoolEndpoint endpoint)
    {
        var index = endpoint.Address.Port;
        return Instances[index];
    }

    /// <summary>Before the run: two instances of four times the size.</summary>
    public void Resize(bool isTold)
    {
        foreach (var index in new[] { 1, 5 })
        {
            Instances[index].Slots *= 4;
            _registered[index] = Registered(index, isTold ? 400 : 100, 1);
        }
    }

    public void Drain(int index) => Register(index, _registered[index]! with { State = InstanceState.Draining });

    public void Remove(int index)
    {
        Instances[index].IsDown = true;
        Register(index, null);
    }

    /// <summary>Comes back as another process that is cold: five times slower for five seconds.</summary>
    public void Restart(int index)
    {
        Instances[index].Restart(5, 5_000_000);
        Register(index, Registered(index, 100, Events.Now));
    }

    private void Register(int index, ServiceInstance? instance)
    {
        _registered[index] = instance;
        var view = View();
        foreach (var caller in _callers)
            Events.After(RegistryDelay, () => caller.Pool.Update(view));
    }

    private ServiceView View()
    {
        List<ServiceInstance> there = [.. _registered.OfType<ServiceInstance>()];
        return new(there, [new(Service, there.Count, there.Count, 0, false, 30, [])], Events.Now);
    }

    private static ServiceInstance Registered(int index, int weight, long generation) => new()
    {
        Service = Service,
        Id = $"i{index:d2}",
        Generation = generation,
        // The port is the instance's number.
        Endpoints = [new("http", "simulated", index)],
        Zone = "",
        Region = "",
        Version = "",
        Weight = weight,
        Tags = [],
        Metadata = new Dictionary<string, string>(),
        State = InstanceState.Passing,
        Reason = "",
        Persistent = false,
        Held = false,
        Revision = generation,
        Registered = DateTimeOffset.UnixEpoch,
        StateSince = DateTimeOffset.UnixEpoch,
    };
}
