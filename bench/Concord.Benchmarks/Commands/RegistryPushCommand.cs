using System.CommandLine;
using Concord.Benchmarks.Load;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Commands;

internal static class RegistryPushCommand
{
    public static Command Create()
    {
        var endpoint = CommonOptions.Endpoint();
        var watchers = new Option<int[]>("--watchers")
        {
            Description = "Connected clients, each with its own stream; one or several numbers.",
            DefaultValueFactory = _ => [1000, 10_000],
            AllowMultipleArgumentsPerToken = true,
        };
        var changes = new Option<int>("--changes") { Description = "How many times an instance changes its state.", DefaultValueFactory = _ => 20 };
        var instances = new Option<int>("--instances") { Description = "Instances of the service.", DefaultValueFactory = _ => 50 };
        var connections = CommonOptions.Connections();
        var (serverPid, label, output) = (CommonOptions.ServerPid(), CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("registry-push", "Changes an instance of a service (concord.v1) that many clients follow: the time until the last one has it.")
        {
            endpoint, watchers, changes, instances, connections, serverPid, label, output,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var results = new List<Result>();
            foreach (var count in arguments.GetRequiredValue(watchers))
            {
                Output.Progress($"{count} clients…");
                var run = new RegistryPush(
                    CommonOptions.Parse(arguments.GetRequiredValue(endpoint)),
                    count,
                    arguments.GetValue(connections),
                    arguments.GetValue(instances),
                    Output.Progress);
                var result = await run.RunAsync(arguments.GetValue(changes), arguments.GetValue(serverPid), cancellation);
                results.Add(result with { Label = arguments.GetRequiredValue(label) });
            }

            Output.Write(results, arguments.GetValue(output));
            return Output.ExitCode(results);
        });
        return command;
    }
}
