using System.Globalization;

namespace Concord.Simulator.Gossip;

/// <summary>The figures of runs that differ by their seeds only.</summary>
internal sealed class GossipReport(GossipDials dials)
{
    private readonly List<GossipFigures> _runs = [];
    private double _calmSeconds;
    private double _seconds;
    private long _steps;

    public bool AllAgreed => _runs.TrueForAll(run => run.AgreedAfter >= 0);

    public void Add(GossipRun run)
    {
        _runs.Add(run.Figures);
        _calmSeconds += run.CalmFor / 1000.0;
        _seconds += run.Now / 1000.0;
        _steps += run.Steps;
    }

    public void Write(TextWriter output)
    {
        var detections = _runs.SelectMany(run => run.Detections).ToList();
        Line(output, "simulated", $"{_runs.Count} × {dials.Members:N0} members from seed {dials.Seed}, {_seconds:N0} s in all, {_steps:N0} steps; loss {dials.LossPerMille / 10.0} %, {dials.Slow} slow");
        Line(output, "calm, per member and second", PerMember(_runs.Select(run => run.Calm), _calmSeconds));
        Line(output, "whole run, the same", PerMember(_runs.Select(run => run.All), _seconds));
        Line(output, "event at half of the members", Spread(_runs.Select(run => run.EventReached(0.5))));
        Line(output, "event at 99 % of them", Spread(_runs.Select(run => run.EventReached(0.99))));
        Line(output, "event at all", $"{Spread(_runs.Select(run => run.EventReached(1)))}; in {_runs.Count(run => run.EventReached(1) < 0)} runs not at all");
        Line(output, "crashes found out", $"{detections.Count(detection => detection.IsComplete)} of {detections.Count}");
        Line(output, "  first suspicion", Spread(detections.Select(detection => detection.FirstSuspicion)));
        Line(output, "  first death", Spread(detections.Select(detection => detection.FirstDeath)));
        Line(output, "  death at all members", Spread(detections.Where(detection => detection.IsComplete).Select(detection => detection.LastDeath)));
        Line(output, "suspicions, refutations", $"{_runs.Sum(run => run.Suspicions):N0}, {_runs.Sum(run => run.Refutations):N0}");
        Line(output, "false deaths", $"{_runs.Sum(run => run.FalseDeaths):N0} of {_runs.Sum(run => run.FalselyDead.Count):N0} members; {_runs.Sum(run => run.FalseDeathsAtHealthy):N0} at healthy members");
        Line(output, "deaths of slow, across a cut", $"{_runs.Sum(run => run.SlowDeaths):N0}, {_runs.Sum(run => run.CutDeaths):N0}");
        Line(output, "agreement after the faults", $"{Spread(_runs.Select(run => run.AgreedAfter))}{(AllAgreed ? "" : $"; {_runs.Sum(run => run.Disagreements):N0} views differ to the end")}");
    }

    public static void Line(TextWriter output, string name, string value) => output.WriteLine($"{name,-28} {value}");

    private string PerMember(IEnumerable<Traffic> traffic, double seconds)
    {
        double memberSeconds = dials.Members * seconds;
        var all = traffic.ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{all.Sum(one => one.Packets) / memberSeconds:F2} packets, {all.Sum(one => one.PacketBytes) / memberSeconds:F0} bytes; {all.Sum(one => one.Streams) / memberSeconds:F4} stream messages, {all.Sum(one => one.StreamBytes) / memberSeconds:F0} bytes");
    }

    private static string Spread(IEnumerable<long> times)
    {
        long[] sorted = [.. times.Where(time => time >= 0).Order()];
        return sorted.Length == 0 ? "never" : string.Create(
            CultureInfo.InvariantCulture, $"median {sorted[sorted.Length / 2] / 1000.0:F3} s, from {sorted[0] / 1000.0:F3} to {sorted[^1] / 1000.0:F3} s");
    }
}
