using System.CommandLine;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

/// <summary>Which instances: of one service, or of several where the command can show these.</summary>
internal sealed class FilterOptions(bool severalServices = false)
{
    private readonly Argument<string?> _service = severalServices
        ? new("SERVICE") { Description = "The service, such as orders; all services if neither it nor --prefix is given", Arity = ArgumentArity.ZeroOrOne }
        : new("SERVICE") { Description = "The service, such as orders" };

    private readonly Option<string?> _prefix = new("--prefix") { HelpName = "PREFIX", Description = "Instead of SERVICE: all services whose names begin so" };
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
        if (severalServices)
        {
            command.Add(_prefix);
            command.Validators.Add(result =>
            {
                if (result.GetValue(_service) is not null && result.GetResult(_prefix) is not null)
                    result.AddError("Give SERVICE or --prefix");
            });
        }

        command.Add(_tags);
        command.Add(_states);
        command.Add(_zone);
        command.Add(_version);
        command.Add(_healthy);
    }

    public InstanceFilter Of(Invocation call) => new()
    {
        Service = call.GetOptional(_service) ?? "",
        Prefix = severalServices ? call.Get(_prefix) ?? "" : "",
        Tags = call.Get(_tags) ?? [],
        States = call.Get(_states) ?? [],
        Zone = call.Get(_zone) ?? "",
        Version = call.Get(_version) ?? "",
        Healthy = call.Get(_healthy),
    };
}
