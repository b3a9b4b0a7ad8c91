using System.Diagnostics;
using System.Globalization;

namespace Concord.Simulator.Runs;

/// <summary>One run from its seed to what is worth knowing of it.</summary>
/// <param name="Failure">Null if every promise held.</param>
internal sealed record RunReport(ulong Seed, Simulation Run, SimulationFailedException? Failure)
{
    /// <summary>Faults shown of a failed run: those just before it matter.</summary>
    private const int TimelineShown = 25;

    public static RunReport Of(ulong seed, SimulationOptions options)
    {
        var run = new Simulation(seed, options);
        try
        {
            run.Run();
            return new(seed, run, null);
        }
        catch (SimulationFailedException error)
        {
            return new(seed, run, error);
        }
    }

    public void ThrowIfFailed()
    {
        if (Failure is not null)
            throw new SimulationFailedException(Describe("dotnet run --project tests/Concord.Simulator -c Release -- --seed " + Seed), Failure);
    }

    /// <summary>What failed, in which world, after which faults, and how to see it again.</summary>
    public string Describe(string replay)
    {
        var error = Failure?.InnerException;
        return string.Join('\n', [
            $"seed {Seed} failed after {Trace.Stamp(Run.Events.Now).Trim()} simulated seconds: {Failure?.Message}",
            $"  world: {Run.Dials}",
            .. Run.Trace.Timeline.TakeLast(TimelineShown).Select(line => "  " + line),
            .. error?.StackTrace?.Split('\n').Take(12) ?? [],
            $"  replay: {replay}",
        ]);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"seed {Seed}: {Run.Figures} trace {Run.Trace.Hash:x16}");
}

/// <summary>Runs seeds one after the other and sums up.</summary>
internal sealed class RunSeries(SimulationOptions options, TextWriter output, Func<ulong, string> replay)
{
    private readonly Figures _total = new();
    private readonly List<ulong> _failed = [];
    private readonly TimeSpan _before = Process.GetCurrentProcess().TotalProcessorTime;
    private long _runs;
    private long _simulated;

    public IReadOnlyList<ulong> Failed => _failed;

    public bool IsVerbose { get; init; }

    public void Run(ulong seed)
    {
        var report = RunReport.Of(seed, options);
        _runs++;
        _simulated += report.Run.Events.Now;
        _total.Add(report.Run.Figures);
        if (report.Failure is not null)
        {
            _failed.Add(seed);
            output.WriteLine(report.Describe(replay(seed)));
        }
        else if (IsVerbose)
        {
            output.WriteLine(report.ToString());
        }
    }

    public void Summarize()
    {
        // The processor's time, not the wall's: other work on the machine does not make the simulator slower.
        double real = Math.Max(0.001, (Process.GetCurrentProcess().TotalProcessorTime - _before).TotalSeconds);
        double simulated = (double)_simulated / Dials.Second;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{_runs} runs, {simulated / 60:F1} simulated minutes in {real:F1} s of one core: {simulated / real:F0} × real time; {_total}"));
        output.WriteLine(_failed.Count == 0 ? "every promise held" : $"FAILED seeds: {string.Join(' ', _failed)}");
    }
}
