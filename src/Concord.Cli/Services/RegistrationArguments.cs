using System.CommandLine;
using System.CommandLine.Parsing;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

/// <summary>What an instance says of itself.</summary>
internal sealed class RegistrationArguments
{
    private readonly Argument<string> _service = ServiceArguments.Service();
    private readonly Option<string> _id = new("--id") { HelpName = "ID", Description = "Unique within the service; the same id again replaces the instance", Required = true };
    private readonly Option<ServiceEndpoint[]> _addresses = new("--address")
    {
        HelpName = "[NAME=]URL",
        Description = "Where the instance is reached, such as http://10.0.0.1:8080; further ones with a name, such as metrics=http://10.0.0.1:9090",
        Required = true,
        CustomParser = ParseAddresses,
    };

    private readonly Option<string?> _zone = new("--zone") { HelpName = "ZONE", Description = "Where it runs, such as eu-1" };
    private readonly Option<string?> _region = new("--region") { HelpName = "REGION", Description = "Which zones are near each other, such as eu" };
    private readonly Option<string?> _version = new("--version") { HelpName = "VERSION", Description = "Of the program" };
    private readonly Option<long?> _weight = NumberOption.Create("--weight", "N", "Its share among the instances, 0 to 10000; 0 takes no calls. Default: 100");
    private readonly Option<string[]> _tags = ServiceArguments.Tags("A word to choose it by; may be given several times");
    private readonly Option<Dictionary<string, string>> _metadata = new("--meta")
    {
        HelpName = "KEY=VALUE",
        Description = "Anything else that callers should know; may be given several times",
        CustomParser = ParseMetadata,
    };

    public void AddTo(Command command)
    {
        command.Add(_service);
        command.Add(_id);
        command.Add(_addresses);
        command.Add(_zone);
        command.Add(_region);
        command.Add(_version);
        command.Add(_weight);
        command.Add(_tags);
        command.Add(_metadata);
    }

    public InstanceRegistration Of(Invocation call) => new()
    {
        Service = call.Get(_service),
        Id = call.Get(_id) ?? "",
        Endpoints = call.Get(_addresses) ?? [],
        Zone = call.Get(_zone) ?? "",
        Region = call.Get(_region) ?? "",
        Version = call.Get(_version) ?? "",
        Weight = call.Get(_weight) is { } weight ? (int)Math.Min(weight, int.MaxValue) : null,
        Tags = call.Get(_tags) ?? [],
        Metadata = call.Get(_metadata) ?? [],
    };

    private static ServiceEndpoint[] ParseAddresses(ArgumentResult result)
    {
        var endpoints = new List<ServiceEndpoint>();
        foreach (var token in result.Tokens)
        {
            try
            {
                endpoints.Add(ServiceEndpoint.Parse(token.Value));
            }
            catch (FormatException error)
            {
                result.AddError($"--address: {error.Message}");
            }
        }

        return [.. endpoints];
    }

    private static Dictionary<string, string> ParseMetadata(ArgumentResult result)
    {
        var metadata = new Dictionary<string, string>();
        foreach (var token in result.Tokens)
        {
            if (token.Value.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                metadata[token.Value[..equals]] = token.Value[(equals + 1)..];
            else
                result.AddError($"--meta is '{token.Value}': write KEY=VALUE");
        }

        return metadata;
    }
}
