using Concord.Cli.Output;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

internal sealed class ServiceShowCommand : CliCommand
{
    private readonly FilterOptions _filter = new();

    public ServiceShowCommand()
        : base("show", "List the instances of a service with their states.")
    {
        _filter.AddTo(this);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord service show orders", "concord service show orders --zone eu-1 --healthy -o json"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var filter = _filter.Of(call);
        var view = await call.Client.Registry.ListInstancesAsync(filter, stop);
        if (call.WantsJson)
            call.WriteJson(ServiceInstancesJson.Of(view), OutputJson.Pretty.ServiceInstancesJson);
        else if (view.Instances.Count == 0)
            call.Screen.Line(view.Services is [{ Total: > 0 } service] ? $"None of the {service.Total} instances of {Visible.Of(service.Name)} fits." : $"{Visible.Of(filter.Service)} has no instances.");
        else
            call.Screen.Table(TableOf(call, view));
        ServiceText.Warn(call, view.Services, filter.Healthy);
        return ExitCode.Ok;
    }

    private static TableView TableOf(Invocation call, ServiceView view)
    {
        var table = new TableView(
            new("INSTANCE"), new("STATE"), new("SINCE", KeepWidth: true), new("ADDRESS"), new("ZONE", Dispensable: true), new("VERSION", Dispensable: true),
            new("WEIGHT", Right: true, Dispensable: true), new("TAGS", Dispensable: true), new("REASON", Dispensable: true));
        foreach (var one in view.Instances)
        {
            table.Row(
                Ink.Strong(Visible.Of(one.Id)), ServiceText.State(one.State, one.Held), Moment.Since(one.StateSince, call.Host.Time), ServiceText.Endpoints(one),
                Visible.Of(one.Zone), Visible.Of(one.Version), $"{one.Weight}", Visible.Of(string.Join(' ', one.Tags)), Visible.Of(one.Reason));
        }

        return table;
    }
}
