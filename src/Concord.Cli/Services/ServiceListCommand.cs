using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Services;

internal sealed class ServiceListCommand : CliCommand
{
    private readonly Option<string?> _prefix = new("--prefix") { HelpName = "PREFIX", Description = "Only services whose names begin so" };
    private readonly Option<string?> _tag = new("--tag") { HelpName = "TAG", Description = "Only services with an instance that has this tag" };

    public ServiceListCommand()
        : base("list", "List the services: how many instances they have, and how many of these are healthy.")
    {
        Add(_prefix);
        Add(_tag);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord service list", "concord service list --tag blue -o json"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var services = await call.Client.Registry.ListServicesAsync(call.Get(_prefix) ?? "", call.Get(_tag) ?? "", stop);
        if (call.WantsJson)
        {
            call.WriteJson(new ServiceListJson(services), OutputJson.Pretty.ServiceListJson);
            return ExitCode.Ok;
        }

        if (services.Count == 0)
        {
            call.Screen.Line("No services.");
            call.Screen.Hint("Register one: concord service register NAME --id ID --address URL");
            return ExitCode.Ok;
        }

        var table = new TableView(new("SERVICE"), new("INSTANCES", Right: true), new("HEALTHY", Right: true), new("HELD", Right: true, Dispensable: true), new("TAGS", Dispensable: true));
        foreach (var one in services)
        {
            table.Row(
                Ink.Strong(Visible.Of(one.Name)), $"{one.Total}",
                new Ink($"{one.Healthy}", one.Panic ? Palette.Removed : one.Healthy < one.Total ? Palette.Changed : Palette.Added),
                $"{one.Held}", Visible.Of(string.Join(' ', one.Tags)));
        }

        call.Screen.Table(table);
        ServiceText.Warn(call, services, askedHealthy: false);
        return ExitCode.Ok;
    }
}
