using System.Globalization;
using System.Text;

namespace Concord.Benchmarks.Measure;

/// <summary>Tables for people, in Markdown.</summary>
internal static class Report
{
    /// <summary>Every workload with the medians of each label.</summary>
    public static string Figures(IReadOnlyList<Result> results)
    {
        var text = new StringBuilder();
        text.AppendLine("| workload | clients | whose | per second | p50 ms | p99 ms | max ms | server µs CPU/op | resident MiB | ms | CPU % | errors |");
        text.AppendLine("|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var group in results.GroupBy(result => (result.Workload, result.Clients)))
        {
            foreach (var runs in group.GroupBy(result => result.Label))
            {
                string[] cells =
                [
                    group.Key.Workload,
                    group.Key.Clients?.ToString(CultureInfo.InvariantCulture) ?? "",
                    runs.Key,
                    Median(runs, run => run.PerSecond),
                    Median(runs, run => run.P50),
                    Median(runs, run => run.P99),
                    Median(runs, run => run.Max),
                    Median(runs, run => run.ServerProcessorMicroseconds),
                    Median(runs, run => run.ServerResidentMebibytes),
                    Median(runs, run => run.Milliseconds),
                    Median(runs, run => run.ProcessorPercent),
                    runs.Sum(run => run.Errors).ToString(CultureInfo.InvariantCulture),
                ];
                text.AppendLine($"| {string.Join(" | ", cells)} |");
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// Subject ÷ baseline, run by run in the order that they were made (interleaved runs see the same machine), as the
    /// median with the least and the greatest.
    /// </summary>
    public static string Ratios(IReadOnlyList<Result> results, string subject, string baseline)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{subject} ÷ {baseline}: median (least … greatest). Above 1 is more: better for per second, worse for the others.");
        text.AppendLine();
        text.AppendLine("| workload | clients | per second | p50 | p99 | server CPU/op | resident | time |");
        text.AppendLine("|---|---:|---|---|---|---|---|---|");
        foreach (var group in results.GroupBy(result => (result.Workload, result.Clients)))
        {
            var pairs = group.Where(run => run.Label == subject).Zip(group.Where(run => run.Label == baseline)).ToList();
            if (pairs.Count == 0)
            {
                continue;
            }

            string[] cells =
            [
                group.Key.Workload,
                group.Key.Clients?.ToString(CultureInfo.InvariantCulture) ?? "",
                Ratio(pairs, run => run.PerSecond),
                Ratio(pairs, run => run.P50),
                Ratio(pairs, run => run.P99),
                Ratio(pairs, run => run.ServerProcessorMicroseconds),
                Ratio(pairs, run => run.ServerResidentMebibytes),
                Ratio(pairs, run => run.Milliseconds),
            ];
            text.AppendLine($"| {string.Join(" | ", cells)} |");
        }

        return text.ToString();
    }

    private static string Median(IEnumerable<Result> runs, Func<Result, double?> value)
    {
        var values = runs.Select(value).OfType<double>().Order().ToList();
        return values.Count == 0 ? "" : Format(Middle(values));
    }

    private static string Ratio(List<(Result Subject, Result Baseline)> pairs, Func<Result, double?> value)
    {
        var ratios = pairs.Select(pair => value(pair.Subject) / value(pair.Baseline)).OfType<double>().Where(double.IsFinite).Order().ToList();
        return ratios.Count == 0 ? "" : $"{Format(Middle(ratios))} ({Format(ratios[0])} … {Format(ratios[^1])})";
    }

    private static double Middle(List<double> sorted) =>
        sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;

    private static string Format(double value) =>
        value >= 1000 ? value.ToString("n0", CultureInfo.InvariantCulture)
        : value >= 10 ? value.ToString("f1", CultureInfo.InvariantCulture)
        : value.ToString("f2", CultureInfo.InvariantCulture);
}
