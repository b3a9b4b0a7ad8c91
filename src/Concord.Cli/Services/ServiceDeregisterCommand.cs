using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Services;

internal sealed class ServiceDeregisterCommand : CliCommand
{
    private readonly Argument<string> _service = ServiceArguments.Service();
    private readonly Argument<string> _id = ServiceArguments.Id();
    private readonly Option<long?> _generation = NumberOption.Create("--generation", "N", "Only if it is this registration; whichever there is unless given", min: 1);

    public ServiceDeregisterCommand()
        : base("deregister", "Remove an instance. One that lives and holds itself comes back: drain it, or take it out of service.")
    {
        Add(_service);
        Add(_id);
        Add(_generation);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord service deregister printer p1"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var (service, id) = (call.Get(_service), call.Get(_id));
        var removed = await call.Client.Registry.DeregisterAsync(service, id, call.Get(_generation) ?? 0, stop);
        return ServiceText.Changed(
            call, new ServiceChangedJson { Done = "deregistered", Service = service, Id = id, Changed = removed },
            removed ? $"{Visible.Of(service)}/{Visible.Of(id)} is deregistered." : $"There is no instance {Visible.Of(service)}/{Visible.Of(id)}.");
    }
}
