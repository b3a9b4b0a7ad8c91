using Concord.Routing;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Views;

/// <summary>Refuses names of what does not exist, with the name that was probably meant.</summary>
internal static class Known
{
    /// <summary>An application is known from its first draft on.</summary>
    public static void RequireApplication(ConfigState state, string application, string field)
    {
        if (state.AllHeads(application).Any() || state.Drafts(application).Any())
        {
            return;
        }

        var rights = state.Rights;
        var all = state.AllHeads().Select(static head => head.Path).Where(rights.MayRead).Concat(state.AllDrafts().Where(rights.MayReadDraft))
            .Select(static path => path.Application).ToHashSet();
        throw Unknown(ConfigErrorCode.UnknownApplication, $"There is no application '{application}'.", Join(field, "application"), NearestName.Of(application, all), $"To create '{application}', put and publish a configuration: 'concord config put {application}/prod KEY=VALUE'.");
    }

    public static void RequireEnvironment(ConfigState state, string application, string environment, string field)
    {
        if (state.Heads(application, environment).Count > 0 || state.Drafts(application, environment).Any())
        {
            return;
        }

        RequireApplication(state, application, field);
        var all = state.Environments(application).Concat(state.Drafts(application).Select(static draft => draft.Path.Environment))
            .Where(one => state.Rights.MayReadSome(application, one)).ToHashSet();
        throw Unknown(ConfigErrorCode.UnknownEnvironment, $"The application '{application}' has no environment '{environment}'.", Join(field, "environment"), NearestName.Of(environment, all), $"It has: {string.Join(", ", all.Order(StringComparer.Ordinal))}.");
    }

    public static ConfigException Configuration(ConfigState state, ConfigPath path, string field)
    {
        RequireEnvironment(state, path.Application, path.Environment, field);
        var all = state.Heads(path.Application, path.Environment).Select(static head => head.Path).Where(state.Rights.MayRead)
            .Concat(state.Drafts(path.Application, path.Environment).Select(static draft => draft.Path).Where(state.Rights.MayReadDraft))
            .Select(found => path.IsOverlay && found.Name == path.Name ? SelectorText(found) : found.Name).ToHashSet();
        var (wanted, part) = path.IsOverlay ? (SelectorText(path), "selector") : (path.Name, "name");
        return Unknown(ConfigErrorCode.UnknownConfiguration, $"There is no configuration '{wanted}' in {path.Application}/{path.Environment}.", Join(field, part), NearestName.Of(wanted, all), $"There are: {string.Join(", ", all.Order(StringComparer.Ordinal).Take(20))}.");
    }

    /// <summary>
    /// A view needs every one of its configurations, published, for the environment or for all. An environment that is
    /// not there is served by the defaults if the application has any: they are for all environments.
    /// </summary>
    public static void RequireView(ConfigState state, ViewKey key, string field)
    {
        state.Rights.RequireSomeView(key);
        if (TrafficDocuments.IsJudged(key.Application))
        {
            // Every caller asks for the rules of every service that it calls, and most services have none; a gateway waits for its routes.
            return;
        }

        var defaults = state.Heads(key.Application, ConfigNames.DefaultEnvironment);
        var environment = state.Heads(key.Application, key.Environment);
        if (defaults.Count + environment.Count == 0)
        {
            RequireEnvironment(state, key.Application, key.Environment, field);
            throw new ConfigException(new ConfigError(ConfigErrorCode.UnknownEnvironment, $"{key.Application}/{key.Environment} has drafts, but nothing is published.", Join(field, "environment"), $"Publish the drafts: 'concord config publish {key.Application}/{key.Environment}'."));
        }

        var names = defaults.Concat(environment).Where(static head => !head.Path.IsImports).Select(static head => head.Path.Name).ToHashSet();
        foreach (var name in key.Names.Where(name => !names.Contains(name)))
        {
            throw Unknown(ConfigErrorCode.UnknownConfiguration, $"There is no configuration '{name}' for {key.Application}/{key.Environment}.", Join(field, "names"), NearestName.Of(name, names), names.Count == 0 ? "Publish one." : $"There are: {string.Join(", ", names.Order(StringComparer.Ordinal).Take(20))}.");
        }
    }

    /// <summary>Instances may ask for an environment that only the defaults serve; see <see cref="RequireView"/>.</summary>
    public static void RequireServed(ConfigState state, string application, string environment)
    {
        if (state.Heads(application, ConfigNames.DefaultEnvironment).Count == 0)
        {
            RequireEnvironment(state, application, environment, "");
        }
    }

    private static string SelectorText(ConfigPath path) => path.IsOverlay ? $"{path.Name}@{path.Selector.Text}" : path.Name;

    private static string Join(string field, string part) => field.Length == 0 ? part : $"{field}.{part}";

    private static ConfigException Unknown(ConfigErrorCode code, string message, string field, string? nearest, string otherwise) =>
        new(new ConfigError(code, nearest is null ? message : $"{message} Did you mean '{nearest}'?", field, nearest is null ? otherwise : $"Use '{nearest}'. {otherwise}"));
}
