using System.CommandLine;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Commands;

internal static class ReportCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A results file (JSON lines)." };
        var subject = new Option<string>("--subject") { Description = "The label to compare.", DefaultValueFactory = _ => "concord" };
        var baseline = new Option<string?>("--baseline") { Description = "The label to compare with; without it there are figures only." };
        var command = new Command("report", "Writes the tables of a results file as Markdown.") { file, subject, baseline };
        command.SetAction(arguments =>
        {
            var results = ResultFile.Read(arguments.GetRequiredValue(file));
            if (arguments.GetValue(baseline) is { } other)
            {
                Console.WriteLine(Report.Ratios(results, arguments.GetRequiredValue(subject), other));
            }

            Console.Write(Report.Figures(results));
        });
        return command;
    }
}
