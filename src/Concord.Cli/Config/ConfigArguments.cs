using System.CommandLine;
using System.CommandLine.Parsing;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>The arguments that several commands of <c>concord config</c> share.</summary>
internal static class ConfigArguments
{
    /// <summary>One configuration.</summary>
    public static Argument<ConfigurationPath> Path() => new("APP/ENV[/NAME]")
    {
        Description = "The configuration. NAME is 'application' unless given; ENV 'default' holds the defaults of all environments; with @LABEL=VALUE,… behind it, it is an overlay for the instances that carry the labels",
        CustomParser = result =>
        {
            if (ConfigurationPath.TryParse(result.Tokens.Single().Value, out var path, out var problem))
                return path;
            result.AddError(problem);
            return null!;
        },
    };

    /// <summary>Everything of an application in an environment, or single configurations.</summary>
    public static Argument<ReleaseTarget[]> Targets(bool required, string whenMissing = "") => new("APP/ENV[/NAME]")
    {
        Description = "Every configuration of an application in an environment, or a single one (with @LABEL=VALUE,… an overlay)" + whenMissing,
        Arity = required ? ArgumentArity.OneOrMore : ArgumentArity.ZeroOrMore,
        CustomParser = result =>
        {
            var targets = new List<ReleaseTarget>();
            foreach (var token in result.Tokens)
            {
                if (ParseTarget(token.Value, out var problem) is { } target)
                    targets.Add(target);
                else
                    result.AddError(problem);
            }

            return [.. targets];
        },
    };

    /// <summary>An application in an environment as one instance sees it.</summary>
    public static Argument<ConfigurationView> View() => new("APP/ENV[/NAME]")
    {
        Description = "The application and environment; with @LABEL=VALUE,… behind it as an instance with these labels sees it. NAME is 'application' unless given",
        CustomParser = result =>
        {
            if (ConfigurationPath.TryParse(result.Tokens.Single().Value, out var path, out var problem))
                return new ConfigurationView(path.Application, path.Environment) { Names = [path.Name], Labels = path.Labels };
            result.AddError(problem);
            return null!;
        },
    };

    /// <summary>Narrows a listing: APP or APP/ENV, or nothing.</summary>
    public static Argument<Scope> Scope() => new("APP[/ENV]")
    {
        Description = "Only this application, or only this environment of it",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result =>
        {
            var parts = result.Tokens.Single().Value.Split('/');
            if (parts.Length <= 2 && parts.All(part => part.Length > 0))
                return new Scope(parts[0], parts.ElementAtOrDefault(1));
            result.AddError($"'{result.Tokens[0].Value}' is not APP or APP/ENV");
            return default;
        },
    };

    /// <summary>Labels of the asking instance, in addition to those behind '@'.</summary>
    public static Option<Dictionary<string, string>> Labels() => new("--label", "-l")
    {
        HelpName = "LABEL=VALUE",
        Description = "A label of the instance that asks; may be given several times",
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result => ParsePairs(result, "LABEL=VALUE"),
    };

    /// <summary>The view with further labels; the option wins over the path.</summary>
    public static ConfigurationView With(this ConfigurationView view, Dictionary<string, string>? labels)
    {
        if (labels is null)
            return view;

        var all = view.Labels.ToDictionary();
        foreach (var (label, value) in labels)
            all[label] = value;
        return view with { Labels = all };
    }

    public static Dictionary<string, string> ParsePairs(ArgumentResult result, string form)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var token in result.Tokens.Select(token => token.Value))
        {
            var equals = token.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                result.AddError($"'{token}' is not {form}");
            else if (!pairs.TryAdd(token[..equals], token[(equals + 1)..]))
                result.AddError($"'{token[..equals]}' is given twice");
        }

        return pairs;
    }

    /// <summary>Labels without a name mean the overlay of the configuration 'application'.</summary>
    private static ReleaseTarget? ParseTarget(string text, out string problem)
    {
        if (!ConfigurationPath.TryParse(text, out var path, out var fault))
        {
            problem = fault;
            return null;
        }

        problem = "";
        return path.Labels.Count == 0 && text.Count(character => character == '/') == 1
            ? new ReleaseTarget(path.Application, path.Environment)
            : ReleaseTarget.Of(path);
    }
}

/// <summary>What a listing is narrowed to; null is everything.</summary>
internal readonly record struct Scope(string? Application, string? Environment);
