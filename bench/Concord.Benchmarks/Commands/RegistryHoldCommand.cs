using System.CommandLine;
using Concord.Benchmarks.Load;

namespace Concord.Benchmarks.Commands;

internal static class RegistryHoldCommand
{
    public static Command Create()
    {
        var endpoint = CommonOptions.Endpoint();
        var instances = new Option<int>("--instances") { Description = "Instances in all.", DefaultValueFactory = _ => 100_000 };
        var services = new Option<int>("--services") { Description = "Services that they belong to.", DefaultValueFactory = _ => 1000 };
        var streams = new Option<int>("--streams")
        {
            Description = "Streams that hold them; 0 registers each by a call and leaves it to its time to live.",
            DefaultValueFactory = _ => 1000,
        };
        var ttl = new Option<int>("--ttl") { Description = "Their time to live in seconds.", DefaultValueFactory = _ => 20 };
        var (seconds, serverPid, label, output) = (CommonOptions.Seconds(30), CommonOptions.ServerPid(), CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("registry-hold", "Registers many instances (concord.v1) and holds them: what that costs the server.")
        {
            endpoint, instances, services, streams, ttl, seconds, serverPid, label, output,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var run = new HeldInstances(
                CommonOptions.Parse(arguments.GetRequiredValue(endpoint)),
                arguments.GetValue(instances),
                arguments.GetValue(services),
                arguments.GetValue(streams),
                arguments.GetValue(ttl));
            var results = await run.RunAsync(TimeSpan.FromSeconds(arguments.GetValue(seconds)), arguments.GetValue(serverPid), cancellation);
            Output.Write([.. results.Select(result => result with { Label = arguments.GetRequiredValue(label) })], arguments.GetValue(output));
            return 0;
        });
        return command;
    }
}
