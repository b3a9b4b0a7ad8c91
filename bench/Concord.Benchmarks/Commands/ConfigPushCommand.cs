using System.CommandLine;
using Concord.Benchmarks.Load;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Commands;

internal static class ConfigPushCommand
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
        var publishes = new Option<int>("--publishes") { Description = "How many releases to publish.", DefaultValueFactory = _ => 20 };
        var settings = new Option<int>("--settings") { Description = "Settings in the configuration.", DefaultValueFactory = _ => 50 };
        var connections = CommonOptions.Connections();
        var (serverPid, label, output) = (CommonOptions.ServerPid(), CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("config-push", "Publishes a configuration (concord.v1) to many clients: the time until the last one has it.")
        {
            endpoint, watchers, publishes, settings, connections, serverPid, label, output,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var results = new List<Result>();
            foreach (var count in arguments.GetRequiredValue(watchers))
            {
                Output.Progress($"{count} clients…");
                var run = new ConfigPush(
                    CommonOptions.Parse(arguments.GetRequiredValue(endpoint)),
                    count,
                    arguments.GetValue(connections),
                    arguments.GetValue(settings),
                    Output.Progress);
                var result = await run.RunAsync(arguments.GetValue(publishes), arguments.GetValue(serverPid), cancellation);
                results.Add(result with { Label = arguments.GetRequiredValue(label) });
            }

            Output.Write(results, arguments.GetValue(output));
            return Output.ExitCode(results);
        });
        return command;
    }
}
