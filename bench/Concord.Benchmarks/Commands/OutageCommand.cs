using System.CommandLine;
using System.Diagnostics;
using Concord.Benchmarks.Load;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Commands;

internal static class OutageCommand
{
    public static Command Create()
    {
        var endpoints = new Option<string[]>("--endpoints")
        {
            Description = "The members that stay, as HOST:PORT.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var victim = new Option<int>("--kill") { Description = "The process to kill (SIGKILL): the leader.", Required = true };
        var name = new Option<string>("--name") { Description = "The name of the result.", DefaultValueFactory = _ => "leader-killed" };
        var (label, output) = (CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("outage", "Kills the leader of a cluster and measures the time to the first write that succeeds again.")
        {
            endpoints, victim, name, label, output,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var survivors = arguments.GetRequiredValue(endpoints).Select(CommonOptions.Parse).ToArray();
            await using var outage = await Outage.PrepareAsync(survivors, cancellation);
            using var leader = Process.GetProcessById(arguments.GetValue(victim));
            var elapsed = await outage.MeasureAsync(leader.Kill, cancellation);
            var result = new Result
            {
                Label = arguments.GetRequiredValue(label),
                Workload = arguments.GetRequiredValue(name),
                Milliseconds = elapsed.TotalMilliseconds,
                Time = DateTimeOffset.UtcNow,
            };
            Output.Write([result], arguments.GetValue(output));
            return 0;
        });
        return command;
    }
}
