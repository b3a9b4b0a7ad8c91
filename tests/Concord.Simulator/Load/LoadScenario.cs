namespace Concord.Simulator.Load;

/// <summary>What goes wrong in a run.</summary>
internal sealed record LoadScenario(string Name, string What, Action<LoadRun> Plan)
{
    public static IReadOnlyList<LoadScenario> All { get; } =
    [
        new("even", "ten equal instances, nothing goes wrong", _ => { }),
        new("slow", "one instance works ten times slower", run => run.At(10, () => run.Instances[3].Slowness = 10)),
        new("pauses", "every instance stops for 0.3 s, some eight times a minute", PlanPauses),
        new("sizes", "two instances of four times the size, with weights that say so", run => run.Resize(isTold: true)),
        new("untold", "the same, with equal weights", run => run.Resize(isTold: false)),
        new("failing", "one instance answers every call with a failure, at once", run => run.At(10, () => run.Instances[3].FailsPerMille = 1000)),
        new("flaky", "one instance fails three of ten calls, at once", run => run.At(10, () => run.Instances[3].FailsPerMille = 300)),
        new("gone", "two instances refuse connections; the registry notices after 10 s, and they come back cold after 20 s", PlanGone),
        new("rolling", "each instance is drained and comes back cold: five times slower for 5 s", PlanRolling),
    ];

    public static LoadScenario? Find(string name) => All.FirstOrDefault(one => one.Name == name);

    private static void PlanPauses(LoadRun run)
    {
        foreach (var instance in run.Instances)
        {
            for (var at = run.Dice.Between(0, 8_000_000L); at < run.Dials.Duration; at += run.Dice.Between(4_000_000L, 12_000_000L))
                run.Events.At(at, () => instance.Pause(300_000));
        }
    }

    private static void PlanGone(LoadRun run)
    {
        foreach (var index in new[] { 2, 6 })
        {
            run.At(10, () => run.Instances[index].IsDown = true);
            run.At(20, () => run.Remove(index));
            run.At(30, () => run.Restart(index));
        }
    }

    private static void PlanRolling(LoadRun run)
    {
        for (var i = 0; i < run.Instances.Count; i++)
        {
            var index = i;
            var at = 6 + (i * (run.Dials.Duration / 1_000_000.0 - 10) / run.Instances.Count);
            run.At(at, () => run.Drain(index));
            run.At(at + 1, () => run.Remove(index));
            run.At(at + 1.5, () => run.Restart(index));
        }
    }
}
