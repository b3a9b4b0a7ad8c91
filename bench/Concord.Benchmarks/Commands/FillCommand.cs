using System.CommandLine;
using Concord.Benchmarks.Load;

namespace Concord.Benchmarks.Commands;

internal static class FillCommand
{
    public static Command Create()
    {
        var endpoint = CommonOptions.Endpoint();
        var keys = new Option<int>("--keys") { Description = "How many keys to put.", DefaultValueFactory = _ => 1_000_000 };
        var valueBytes = new Option<int>("--value-bytes") { Description = "The size of the values.", DefaultValueFactory = _ => 256 };
        var perTransaction = new Option<int>("--per-transaction") { Description = "Puts in one transaction (etcd allows 128).", DefaultValueFactory = _ => 100 };
        var clients = new Option<int>("--clients", "-c") { Description = "Clients at a time.", DefaultValueFactory = _ => 16 };
        var (serverPid, label, output) = (CommonOptions.ServerPid(), CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("fill", "Fills the store with keys, and measures its memory.")
        {
            endpoint, keys, valueBytes, perTransaction, clients, serverPid, label, output,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var run = new Fill(
                CommonOptions.Parse(arguments.GetRequiredValue(endpoint)),
                arguments.GetValue(keys),
                arguments.GetValue(valueBytes),
                arguments.GetValue(perTransaction),
                arguments.GetValue(clients),
                Output.Progress);
            var result = await run.RunAsync(arguments.GetValue(serverPid), cancellation);
            Output.Write([result with { Label = arguments.GetRequiredValue(label) }], arguments.GetValue(output));
            return 0;
        });
        return command;
    }
}
