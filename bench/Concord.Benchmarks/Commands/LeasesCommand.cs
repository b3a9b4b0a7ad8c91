using System.CommandLine;
using Concord.Benchmarks.Load;

namespace Concord.Benchmarks.Commands;

internal static class LeasesCommand
{
    public static Command Create()
    {
        var endpoint = CommonOptions.Endpoint();
        var leases = new Option<int>("--leases") { Description = "Leases that live at a time.", DefaultValueFactory = _ => 100_000 };
        var ttl = new Option<int>("--ttl") { Description = "Seconds that a lease lives without being renewed.", DefaultValueFactory = _ => 20 };
        var streams = new Option<int>("--streams") { Description = "Streams that the renewals share.", DefaultValueFactory = _ => 100 };
        var (seconds, serverPid, label, output) = (CommonOptions.Seconds(60), CommonOptions.ServerPid(), CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("leases", "Many live leases, each renewed when a third of its time is over; fails if one was missed.")
        {
            endpoint, leases, ttl, streams, seconds, serverPid, label, output,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            Output.Progress($"{arguments.GetValue(leases)} leases of {arguments.GetValue(ttl)} s…");
            var run = new LiveLeases(CommonOptions.Parse(arguments.GetRequiredValue(endpoint)), arguments.GetValue(leases), arguments.GetValue(ttl), arguments.GetValue(streams));
            var result = await run.RunAsync(TimeSpan.FromSeconds(arguments.GetValue(seconds)), arguments.GetValue(serverPid), cancellation);
            Output.Write([result with { Label = arguments.GetRequiredValue(label) }], arguments.GetValue(output));
            return Output.ExitCode([result]);
        });
        return command;
    }
}
