using System.CommandLine;
using Concord.Benchmarks.Load;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Commands;

internal static class FanOutCommand
{
    public static Command Create()
    {
        var endpoint = CommonOptions.Endpoint();
        var watchers = new Option<int[]>("--watchers")
        {
            Description = "Watches of the one key, one or several numbers.",
            DefaultValueFactory = _ => [100, 1000, 10_000],
            AllowMultipleArgumentsPerToken = true,
        };
        var streams = new Option<int>("--streams")
        {
            Description = "Streams that the watches share; 0 gives each watch its own.",
            DefaultValueFactory = _ => 100,
        };
        var (connections, seconds, warmUp) = (CommonOptions.Connections(), CommonOptions.Seconds(5), CommonOptions.WarmUp(1));
        var (serverPid, label, output) = (CommonOptions.ServerPid(), CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("fan-out", "Watches of one key: events per second, and the time from a put to its last delivery.")
        {
            endpoint, watchers, streams, connections, seconds, warmUp, serverPid, label, output,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var results = new List<Result>();
            foreach (var count in arguments.GetRequiredValue(watchers))
            {
                Output.Progress($"{count} watchers…");
                var shared = arguments.GetValue(streams);
                var run = new WatchFanOut(
                    CommonOptions.Parse(arguments.GetRequiredValue(endpoint)),
                    count,
                    shared == 0 ? count : Math.Min(count, shared),
                    arguments.GetValue(connections));
                var result = await run.RunAsync(
                    TimeSpan.FromSeconds(arguments.GetValue(warmUp)),
                    TimeSpan.FromSeconds(arguments.GetValue(seconds)),
                    arguments.GetValue(serverPid),
                    cancellation);
                results.Add(result with { Label = arguments.GetRequiredValue(label) });
            }

            Output.Write(results, arguments.GetValue(output));
            return Output.ExitCode(results);
        });
        return command;
    }
}
