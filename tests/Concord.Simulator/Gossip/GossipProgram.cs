using System.Diagnostics;

namespace Concord.Simulator.Gossip;

/// <summary>The program's `gossip` mode: runs and their figures.</summary>
internal static class GossipProgram
{
    public static int Run(ReadOnlySpan<string> args, TextWriter output, TextWriter errors)
    {
        var arguments = GossipArguments.Parse(args);
        if (arguments.Error is not null)
        {
            errors.WriteLine($"{arguments.Error}; gossip --help shows all options");
            return 2;
        }

        if (arguments.IsHelp)
        {
            output.WriteLine(GossipArguments.Help);
            return 0;
        }

        long started = Stopwatch.GetTimestamp();
        var report = new GossipReport(arguments.Dials);
        for (int i = 0; i < arguments.Runs; i++)
        {
            var run = new GossipRun(arguments.Dials with { Seed = arguments.Dials.Seed + (ulong)i });
            run.Run();
            report.Add(run);
        }

        report.Write(output);
        GossipReport.Line(output, "real time", $"{Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s, {Process.GetCurrentProcess().PeakWorkingSet64 / 1_000_000:N0} MB at most");
        return report.AllAgreed ? 0 : 1;
    }
}
