using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Releases;

/// <summary>
/// What must hold after a release: every document reads, imports exist, and no view gets a problem that it did not have
/// — unresolved or circular references above all — whether it is a view of the released application or of one that
/// imports it.
/// </summary>
internal static class ReleaseCheck
{
    /// <exception cref="ConfigException">The first thing that does not hold.</exception>
    public static void Check(ConfigState before, IReadOnlyList<ReleaseStep> steps)
    {
        var after = before.With(steps.Select(static step => new PlannedChange(step.Path, step.After)));
        foreach (var step in steps.Where(static step => step.After is not null))
        {
            CheckDocument(after, step);
        }

        foreach (var scope in Affected(before, after, steps))
        {
            CheckViews(before, after, scope);
            TrafficCheck.Views(before, after, scope.Application, scope.Environment);
        }
    }

    private static void CheckDocument(ConfigState after, ReleaseStep step)
    {
        try
        {
            if (step.Path.IsImports)
            {
                CheckImports(after, step.Path, Imports.Parse(step.After!, step.Path.Application));
            }
            else
            {
                TrafficCheck.Layer(step.Path, after.Tree(after.Head(step.Path)!));
            }
        }
        catch (ConfigException e) when (e.Error.Path is null)
        {
            throw new ConfigException(e.Error with { Path = step.Path, Message = $"{step.Path}: {e.Error.Message}" }, e);
        }

        var overlays = after.Heads(step.Path.Application, step.Path.Environment).Count(head => head.Path.Name == step.Path.Name && head.Path.IsOverlay && !head.Removed);
        if (overlays > ConfigLimits.OverlaysPerConfiguration)
        {
            throw new ConfigException(new ConfigError(ConfigErrorCode.TooLarge, $"{step.Path.Name} in {step.Path.Application}/{step.Path.Environment} has {overlays} overlays; at most {ConfigLimits.OverlaysPerConfiguration} are allowed.", "targets", "Remove overlays that no instance matches any more.") { Path = step.Path });
        }
    }

    /// <summary>Imports are not followed, so an application that imports others itself is probably not what was meant.</summary>
    private static void CheckImports(ConfigState after, ConfigPath path, IReadOnlyList<Import> imports)
    {
        foreach (var import in imports)
        {
            var environments = new[] { path.Environment, ConfigNames.DefaultEnvironment }.Concat(path.Environment == ConfigNames.DefaultEnvironment ? after.Environments(import.Application) : []).Distinct().ToList();
            var heads = environments.SelectMany(environment => after.Heads(import.Application, environment)).Where(static head => !head.Removed).ToList();
            if (!heads.Exists(head => head.Path.Name == import.Name))
            {
                var names = heads.Count > 0 ? heads.Select(static head => head.Path.Name) : after.AllHeads().Select(static head => head.Path.Application).Distinct();
                var nearest = NearestName.Of(heads.Count > 0 ? import.Name : import.Application, names);
                throw new ConfigException(new ConfigError(
                    ConfigErrorCode.UnknownImport,
                    $"{path} imports '{import}', but no configuration '{import.Name}' of '{import.Application}' is published.{(nearest is null ? "" : $" Did you mean '{nearest}'?")}",
                    "document.content",
                    "Publish the shared configuration first, or in the same release.")
                { Path = path });
            }

            if (heads.Exists(static head => head.Path.IsImports))
            {
                throw new ConfigException(new ConfigError(
                    ConfigErrorCode.InvalidRequest,
                    $"{path} imports '{import}', which lists imports of its own; they would not come along.",
                    "document.content",
                    $"List what '{import.Application}' imports here too, below it, and give the shared settings an application without imports.")
                { Path = path });
            }
        }
    }

    /// <summary>
    /// Every application in an environment whose views the steps can change. Defaults are seen through the
    /// environments; on their own they may refer to what only an environment defines.
    /// </summary>
    private static SortedSet<(string Application, string Environment)> Affected(ConfigState before, ConfigState after, IReadOnlyList<ReleaseStep> steps)
    {
        var affected = new SortedSet<(string, string)>();
        foreach (var path in steps.Select(static step => step.Path))
        {
            Add(after, path.Application, path.Environment, path.Environment, affected);
        }

        var importing = before.AllHeads().Where(static head => head.Path.IsImports && !head.Removed);
        foreach (var head in importing)
        {
            var imported = Imports.Parse(before.Document(head)!, head.Path.Application).Select(static import => import.Application).ToHashSet();
            foreach (var path in steps.Select(static step => step.Path).Where(path => imported.Contains(path.Application)))
            {
                Add(after, head.Path.Application, head.Path.Environment, path.Environment, affected);
            }
        }

        return affected;
    }

    private static void Add(ConfigState after, string application, string ownEnvironment, string changedEnvironment, SortedSet<(string, string)> affected)
    {
        var environments = after.Environments(application);
        environments.Remove(ConfigNames.DefaultEnvironment);
        if (environments.Count == 0)
        {
            environments.Add(ConfigNames.DefaultEnvironment);
        }

        foreach (var environment in environments)
        {
            if ((ownEnvironment == ConfigNames.DefaultEnvironment || ownEnvironment == environment)
                && (changedEnvironment == ConfigNames.DefaultEnvironment || changedEnvironment == environment))
            {
                affected.Add((application, environment));
            }
        }
    }

    /// <summary>
    /// All configurations of the application together, the default one lowest: a reference must lead somewhere when
    /// they are stacked. Once without labels and once for each overlay that may apply.
    /// </summary>
    private static void CheckViews(ConfigState before, ConfigState after, (string Application, string Environment) scope)
    {
        var names = after.Heads(scope.Application, ConfigNames.DefaultEnvironment).Concat(after.Heads(scope.Application, scope.Environment))
            .Where(static head => !head.Removed && !head.Path.IsImports)
            .Select(static head => head.Path.Name).Distinct()
            .OrderBy(static name => name == ConfigNames.DefaultName ? 0 : 1).ThenBy(static name => name, StringComparer.Ordinal).ToList();
        if (names.Count == 0)
        {
            return;
        }

        var plain = new ViewKey(scope.Application, scope.Environment, names, Labels.Empty);
        var selectors = CheckView(before, after, plain).Layers.Selectors;
        foreach (var selector in selectors.DistinctBy(static selector => selector.Text).OrderBy(static selector => selector.Text, StringComparer.Ordinal))
        {
            CheckView(before, after, plain.With(selector));
        }
    }

    private static ResolvedView CheckView(ConfigState before, ConfigState after, ViewKey key)
    {
        var view = ResolvedView.Of(after, key);
        if (view.Problems.Count > 0)
        {
            var known = ResolvedView.Of(before, key).Problems.Select(static problem => problem.Message).ToHashSet();
            var fresh = view.Problems.Where(problem => !known.Contains(problem.Message)).ToList();
            if (fresh.Count > 0)
            {
                throw Refuse(view, fresh);
            }
        }

        return view;
    }

    private static ConfigException Refuse(ResolvedView view, List<ViewProblem> problems)
    {
        var problem = problems[0];
        var path = problem.Layer >= 0 ? view.Layers.Layers[problem.Layer].Head.Path : null;
        var seenBy = $"{view.Key.Application}/{view.Key.Environment}{(view.Key.Labels.IsEmpty ? "" : $" with {view.Key.Labels}")}";
        var where = path is null ? $"in {seenBy}" : $"in {path}{(problem.Line > 0 ? $" line {problem.Line}" : "")}, as {seenBy} sees it";
        var more = problems.Count switch { 1 => "", 2 => " There is one more problem.", _ => $" There are {problems.Count - 1} more problems." };
        var remedy = problem.Code switch
        {
            ConfigErrorCode.UnresolvedReference => "Define the key that is referred to; beside the reference a default will do, for higher layers replace it. Or write '$${' for the text '${'.",
            ConfigErrorCode.UnknownImport => "Keep the shared configuration published, or remove it from the imports first.",
            _ => "Make the values smaller, or divide the configuration.",
        };
        return new(new ConfigError(problem.Code, $"{problem.Message.TrimEnd('.')} ({where}).{more}", "targets", remedy) { Path = path, Line = problem.Line, Column = problem.Line > 0 ? 1 : 0 });
    }
}
