using System.Diagnostics;
using System.Globalization;
using Concord.Client.Balancing;

namespace Concord.Simulator.Load;

/// <summary>The program's `load` mode: every policy in every scenario, as a table in Markdown.</summary>
internal static class LoadProgram
{
    public const string Help = """
        Compares the balancing policies of Concord.Client in simulated time: callers with pools of their own, instances that are
        queues, and something that goes wrong. Writes a table in Markdown.

        usage: dotnet run --project tests/Concord.Simulator -c Release -- load [options]

          --scenario NAME   one of them (without: all)
          --policy NAME     one of them (without: all)
          --seed S          (default 1)
          --seconds T       how long a run is (default 40)
          --callers N       1 to 1,000 (default 20)
          --load P          per cent of what all instances can do (default 60)
          --decay S         how long peak_ewma remembers (default 10)
          --ejection off    nobody is left out for failing (default on)
          --slow-start off  new instances get their share at once (default on)
          --retries off     every failure is an error (default on)
          --help            this, and the scenarios

        exit code: 0, or 2 when the command line is wrong
        """;

    public static int Run(ReadOnlySpan<string> args, TextWriter output, TextWriter errors)
    {
        var dials = new LoadDials();
        var scenarios = LoadScenario.All;
        var policies = BalancingPolicies.Names;
        for (var i = 0; i < args.Length; i += 2)
        {
            var (option, value) = (args[i], i + 1 < args.Length ? args[i + 1] : "");
            if (option == "--help")
            {
                output.WriteLine(Help);
                output.WriteLine();
                foreach (var one in LoadScenario.All)
                    output.WriteLine($"  {one.Name,-10} {one.What}");
                return 0;
            }

            var isSwitch = value is "on" or "off";
            var isNumber = double.TryParse(value, CultureInfo.InvariantCulture, out var number);
            switch (option)
            {
                case "--scenario" when LoadScenario.Find(value) is { } found:
                    scenarios = [found];
                    break;
                case "--policy" when BalancingPolicies.Names.Contains(value):
                    policies = [value];
                    break;
                case "--seed" when isNumber && number >= 0:
                    dials = dials with { Seed = (ulong)number };
                    break;
                case "--seconds" when number is >= 20 and <= 3600:
                    dials = dials with { Duration = (long)(number * 1_000_000) };
                    break;
                case "--callers" when number is >= 1 and <= 1000:
                    dials = dials with { Callers = (int)number };
                    break;
                case "--load" when number is >= 1 and <= 200:
                    dials = dials with { Utilization = number / 100 };
                    break;
                case "--decay" when number > 0:
                    dials = dials with { Decay = TimeSpan.FromSeconds(number) };
                    break;
                case "--ejection" when isSwitch:
                    dials = dials with { Ejects = value == "on" };
                    break;
                case "--slow-start" when isSwitch:
                    dials = dials with { StartsSlowly = value == "on" };
                    break;
                case "--retries" when isSwitch:
                    dials = dials with { Retries = value == "on" };
                    break;
                default:
                    errors.WriteLine($"'{option} {value}' is not an option, or out of its range; load --help shows all options");
                    return 2;
            }
        }

        Write(dials, scenarios, policies, output);
        return 0;
    }

    private static void Write(LoadDials dials, IReadOnlyList<LoadScenario> scenarios, IReadOnlyList<string> policies, TextWriter output)
    {
        var started = Stopwatch.GetTimestamp();
        output.WriteLine("| scenario | policy | p50 ms | p99 ms | p99.9 ms | errors % | retried % | imbalance |");
        output.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|");
        long calls = 0;
        foreach (var scenario in scenarios)
        {
            foreach (var policy in policies)
            {
                var figures = new LoadRun(dials with { Scenario = scenario, Policy = policy }).Run();
                calls += figures.Calls;
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {scenario.Name} | {policy} | {figures.Percentile(0.5):F1} | {figures.Percentile(0.99):F1} | {figures.Percentile(0.999):F1} | {100 * figures.ErrorShare:F3} | {100.0 * figures.Retried / figures.Calls:F2} | {figures.Imbalance:F2} |"));
            }
        }

        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {dials.Seed}; {calls:N0} calls in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s of real time"));
    }
}
