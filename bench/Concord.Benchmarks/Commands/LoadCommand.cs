using System.CommandLine;
using Concord.Benchmarks.Load;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Commands;

internal static class LoadCommand
{
    private const int ConnectionsDefault = 8;

    public static Command Create()
    {
        var endpoint = CommonOptions.Endpoint();
        var workloads = new Option<string[]>("--workload", "-w")
        {
            Description = "What to measure, one or several: " + string.Join("; ", Workload.All.Select(workload => $"{workload.Name} ({workload.Description})")),
            DefaultValueFactory = _ => ["put", "range", "range-serializable"],
            AllowMultipleArgumentsPerToken = true,
        };
        var clients = new Option<int[]>("--clients", "-c")
        {
            Description = "Clients at a time, one or several numbers; each waits for its answer before its next call.",
            DefaultValueFactory = _ => [1, 64, 256],
            AllowMultipleArgumentsPerToken = true,
        };
        var valueBytes = new Option<int>("--value-bytes") { Description = "The size of the values.", DefaultValueFactory = _ => 256 };
        var (connections, seconds, warmUp) = (CommonOptions.Connections(), CommonOptions.Seconds(5), CommonOptions.WarmUp(2));
        var (serverPid, label, output) = (CommonOptions.ServerPid(), CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("load", "Puts, reads and transactions from many clients.")
        {
            endpoint, workloads, clients, valueBytes, connections, seconds, warmUp, serverPid, label, output,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var results = new List<Result>();
            foreach (var workload in arguments.GetRequiredValue(workloads).Select(Workload.Find))
            {
                foreach (var count in arguments.GetRequiredValue(clients))
                {
                    Output.Progress($"{workload.Name}, {count} clients…");
                    var wanted = arguments.GetValue(connections);
                    var used = Math.Min(count, wanted == 0 ? ConnectionsDefault : wanted);
                    await using var pool = await ConnectionPool.OpenAsync(CommonOptions.Parse(arguments.GetRequiredValue(endpoint)), used, cancellation);
                    var run = new LoadRun(pool, workload, count, arguments.GetValue(valueBytes));
                    var result = await run.RunAsync(
                        TimeSpan.FromSeconds(arguments.GetValue(warmUp)),
                        TimeSpan.FromSeconds(arguments.GetValue(seconds)),
                        arguments.GetValue(serverPid),
                        cancellation);
                    results.Add(result with { Label = arguments.GetRequiredValue(label) });
                    if (run.FirstError is { } error)
                    {
                        Output.Progress($"{result.Errors} errors; the first: {error}");
                    }
                }
            }

            Output.Write(results, arguments.GetValue(output));
            return Output.ExitCode(results);
        });
        return command;
    }
}
