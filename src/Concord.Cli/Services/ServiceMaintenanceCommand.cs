using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Services;

internal sealed class ServiceMaintenanceCommand : CliCommand
{
    private readonly Argument<string?> _service = new("SERVICE") { Description = "The service", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string?> _id = new("ID") { Description = "The instance", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _zone = new("--zone") { HelpName = "ZONE", Description = "Instead: all instances that are in a zone, of all services" };
    private readonly Option<bool> _off = new("--off") { Description = "Back into service" };
    private readonly Option<string?> _reason = ServiceArguments.Reason();

    public ServiceMaintenanceCommand()
        : base("maintenance", "Take an instance or a whole zone out of service, whatever the instances say of themselves, or back.")
    {
        Add(_service);
        Add(_id);
        Add(_zone);
        Add(_off);
        Add(_reason);
        Add(OutputOption.TableOrJson());
        Validators.Add(result =>
        {
            var hasInstance = result.GetValue(_service) is not null && result.GetValue(_id) is not null;
            if (hasInstance == result.GetResult(_zone) is not null || (result.GetValue(_service) is not null && !hasInstance))
                result.AddError("Give SERVICE and ID, or --zone");
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord service maintenance orders orders-1 --reason 'new disk'",
        "concord service maintenance orders orders-1 --off",
        "concord service maintenance --zone eu-1 --reason 'power'",
    ];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var (enabled, reason) = (!call.Get(_off), call.Get(_reason) ?? "");
        var done = enabled ? "maintenance on" : "maintenance off";
        if (call.Get(_zone) is { } zone)
        {
            var changedZone = await call.Client.Registry.SetZoneMaintenanceAsync(zone, enabled, reason, call.Author, stop);
            return ServiceText.Changed(
                call, new ServiceChangedJson { Done = done, Zone = zone, Changed = changedZone }, Sentence($"The zone {Visible.Of(zone)}", enabled, changedZone));
        }

        var (service, id) = (call.GetOptional(_service)!, call.GetOptional(_id)!);
        var changed = await call.Client.Registry.SetMaintenanceAsync(service, id, enabled, reason, call.Author, stop);
        return ServiceText.Changed(
            call, new ServiceChangedJson { Done = done, Service = service, Id = id, Changed = changed },
            Sentence($"{Visible.Of(service)}/{Visible.Of(id)}", enabled, changed));
    }

    private static string Sentence(string what, bool enabled, bool changed) =>
        $"{what} {(changed ? "is" : "was")} {(enabled ? "in maintenance" : "in service")}{(changed ? "" : " already")}.";
}
