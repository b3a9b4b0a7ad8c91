using System.CommandLine;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

/// <summary>Which instances of a service.</summary>
internal sealed class FilterOptions
{
    private readonly Argument<string> _service = ServiceArguments.Service();
    private readonly Option<string[]> _tags = ServiceArguments.Tags("Only instances that have this tag; may be given several times");
    private readonly Option<InstanceState[]> _states = ServiceArguments.StatesOption();
    private readonly Option<string?> _zone = new("--zone") { HelpName = "ZONE", Description = "Only instances in this zone" };
    private readonly Option<string?> _version = new("--version") { HelpName = "VERSION", Description = "Only instances of this version" };
    private readonly Option<bool> _healthy = new("--healthy")
    {
        Description = "Only passing and warning ones; if these are too few, the critical ones too, and that is said",
    };

    public void AddTo(Command command)
    {
        command.Add(_service);
        command.Add(_tags);
        command.Add(_states);
        command.Add(_zone);
        command.Add(_version);
        command.Add(_healthy);
    }

    public InstanceFilter Of(Invocation call) => new()
    {
        Service = call.Get(_service),
        Tags = call.Get(_tags) ?? [],
        States = call.Get(_states) ?? [],
        Zone = call.Get(_zone) ?? "",
        Version = call.Get(_version) ?? "",
        Healthy = call.Get(_healthy),
    };
}
