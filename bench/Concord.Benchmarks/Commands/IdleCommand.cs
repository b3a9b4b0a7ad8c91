using System.CommandLine;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Commands;

internal static class IdleCommand
{
    private const double Percent = 100;

    public static Command Create()
    {
        var serverPid = new Option<int>("--server-pid") { Description = "The server's process.", Required = true };
        var name = new Option<string>("--name") { Description = "The name of the result.", DefaultValueFactory = _ => "idle" };
        var (seconds, label, output) = (CommonOptions.Seconds(10), CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("idle", "What a server costs that nobody calls: share of one processor, and memory.")
        {
            serverPid, name, seconds, label, output,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var process = arguments.GetValue(serverPid);
            var duration = TimeSpan.FromSeconds(arguments.GetValue(seconds));
            var before = ProcessUsage.Of(process);
            await Task.Delay(duration, cancellation);
            var after = ProcessUsage.Of(process);
            var result = new Result
            {
                Label = arguments.GetRequiredValue(label),
                Workload = arguments.GetRequiredValue(name),
                ProcessorPercent = (after.Processor - before.Processor) / duration * Percent,
                ServerResidentMebibytes = after.ResidentMebibytes,
                Time = DateTimeOffset.UtcNow,
            };
            Output.Write([result], arguments.GetValue(output));
            return 0;
        });
        return command;
    }
}
