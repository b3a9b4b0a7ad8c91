using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

internal sealed class ServiceDrainCommand : CliCommand
{
    private readonly Argument<string> _service = ServiceArguments.Service();
    private readonly Argument<string> _id = ServiceArguments.Id();
    private readonly Option<string?> _reason = ServiceArguments.Reason();

    public ServiceDrainCommand()
        : base("drain", "Tell callers that an instance takes nothing new and is about to go.")
    {
        Add(_service);
        Add(_id);
        Add(_reason);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord service drain printer p1 --reason 'new drum'"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var (service, id) = (call.Get(_service), call.Get(_id));
        await call.Client.Registry.SetStateAsync(service, id, InstanceState.Draining, call.Get(_reason) ?? "", cancellationToken: stop);
        return ServiceText.Changed(
            call, new ServiceChangedJson { Done = "draining", Service = service, Id = id }, $"{Visible.Of(service)}/{Visible.Of(id)} is draining.");
    }
}
