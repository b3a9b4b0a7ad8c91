using System.CommandLine;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

/// <summary>What several commands about services take.</summary>
internal static class ServiceArguments
{
    private static readonly string[] States = [.. Enum.GetNames<InstanceState>().Select(name => name.ToLowerInvariant())];

    public static Argument<string> Service() => new("SERVICE") { Description = "The service, such as orders" };

    public static Argument<string> Id() => new("ID") { Description = "The instance, unique within its service" };

    public static Option<string?> Reason() => new("--reason") { HelpName = "TEXT", Description = "Why, for people" };

    public static Option<string[]> Tags(string description) => new("--tag") { HelpName = "TAG", Description = description };

    public static Option<InstanceState[]> StatesOption()
    {
        var option = new Option<InstanceState[]>("--state")
        {
            HelpName = "STATE",
            Description = $"Only instances in this state ({string.Join(", ", States)}); may be given several times",
            CustomParser = result =>
            {
                var states = new List<InstanceState>();
                foreach (var token in result.Tokens)
                {
                    if (States.Contains(token.Value))
                        states.Add(Enum.Parse<InstanceState>(token.Value, ignoreCase: true));
                    else
                        result.AddError($"--state is '{token.Value}': use {string.Join(", ", States)}");
                }

                return [.. states];
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(States);
        return option;
    }
}
