using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class InstancesCommand : CliCommand
{
    private readonly Argument<Scope> _scope = ConfigArguments.Scope();

    public InstancesCommand()
        : base("instances", "List the connected instances with the release that each applied or rejected.")
    {
        Add(_scope);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord config instances orders/prod", "concord config instances -o json"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var scope = call.GetOptional(_scope);
        var instances = await call.Client.Configs.ListInstancesAsync(scope.Application, scope.Environment, stop);
        if (call.WantsJson)
            call.WriteJson(new InstanceList([.. instances.Select(InstanceJson.Of)]), OutputJson.Pretty.InstanceList);
        else if (instances.Count == 0)
            call.Screen.Line("No connected instances.");
        else
            call.Screen.Table(TableOf(call, instances));
        return ExitCode.Ok;
    }

    private static TableView TableOf(Invocation call, IReadOnlyList<ConnectedInstance> instances)
    {
        var table = new TableView(
            new("INSTANCE"), new("PID", KeepWidth: true, Right: true, Dispensable: true), new("CONFIGURATION"), new("STATE"), new("CONNECTED", KeepWidth: true), new("SERVER", Dispensable: true));
        foreach (var instance in instances)
        {
            table.Row(
                Ink.Strong(Visible.Of(instance.Host)),
                $"{instance.ProcessId}",
                Visible.Of(InstanceJson.ViewOf(instance.View)),
                StateOf(instance),
                Moment.Since(instance.Connected, call.Host.Time),
                Visible.Of(instance.Server));
        }

        return table;
    }

    private static Ink StateOf(ConnectedInstance instance) => InstanceJson.StateOf(instance) switch
    {
        InstanceState.Applied => new($"applied {instance.AppliedRelease}", Palette.Added),
        InstanceState.Rejected => new($"rejected {instance.RejectedRelease}{(instance.AppliedRelease is { } kept ? $", keeps {kept}" : "")}: {Visible.Of(instance.Reason)}", Palette.Removed),
        _ => new($"sent {instance.SentRelease}, no report yet", Palette.Changed),
    };
}
