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
        var victim = new Option<int>("--kill") { Description = "The process to kill (SIGKILL): the leader." };
        var harm = new Option<string[]>("--run")
        {
            Description = "Or a program with its arguments that does the harm: cuts the leader off, say. The time runs from its end.",
            AllowMultipleArgumentsPerToken = true,
        };
        var name = new Option<string>("--name") { Description = "The name of the result.", DefaultValueFactory = _ => "leader-killed" };
        var (label, output) = (CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("outage", "Takes the leader of a cluster away and measures the time to the first write that succeeds again.")
        {
            endpoints, victim, harm, name, label, output,
        };
        command.Validators.Add(result =>
        {
            if ((result.GetResult(victim) is null) == (result.GetResult(harm) is null))
            {
                result.AddError("Say either --kill PID or --run PROGRAM ARGUMENTS….");
            }
        });
        command.SetAction(async (arguments, cancellation) =>
        {
            var survivors = arguments.GetRequiredValue(endpoints).Select(CommonOptions.Parse).ToArray();
            await using var outage = await Outage.PrepareAsync(survivors, cancellation);
            var elapsed = await outage.MeasureAsync(
                arguments.GetValue(harm) is [var program, .. var rest] ? () => Run(program, rest) : () => Kill(arguments.GetValue(victim)), cancellation);
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

    private static void Kill(int id)
    {
        using var leader = Process.GetProcessById(id);
        leader.Kill();
    }

    private static void Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}, so nothing was measured.");
        }
    }
}
