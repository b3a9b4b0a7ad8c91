using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Commands;

/// <summary>Progress on standard error, results on standard output and in the results file.</summary>
internal static class Output
{
    public static void Progress(string text) => Console.Error.WriteLine(text);

    public static void Write(IReadOnlyList<Result> results, string? file)
    {
        if (file is not null)
        {
            foreach (var result in results)
            {
                ResultFile.Append(file, result);
            }
        }

        Console.Write(Report.Figures(results));
    }

    /// <summary>The exit code: 1 if anything was answered wrongly.</summary>
    public static int ExitCode(IReadOnlyList<Result> results) => results.All(result => result.Errors == 0) ? 0 : 1;
}
