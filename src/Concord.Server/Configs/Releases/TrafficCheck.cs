using Concord.Routing;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Releases;

/// <summary>
/// Judges the documents that steer traffic. A layer by itself when it is put: its fields and values; what is missing may be in another
/// layer. Every view that callers and gateways follow when it is published: all of it.
/// </summary>
internal static class TrafficCheck
{
    /// <exception cref="ConfigException">A field or value of the document cannot be.</exception>
    public static void Layer(ConfigPath path, ConfigNode tree)
    {
        if (TrafficDocuments.IsJudged(path.Application))
        {
            Refuse(path, "", TrafficDocuments.FaultsOf(path.Application, path.Name, NodeOf(tree, ""), isLayer: true), DocumentTree.DocumentField);
        }
    }

    /// <summary>All views of an application in an environment; faults that were there before do not count.</summary>
    /// <exception cref="ConfigException">A view would become one that nobody can follow.</exception>
    public static void Views(ConfigState before, ConfigState after, string application, string environment)
    {
        if (!TrafficDocuments.IsJudged(application))
        {
            return;
        }

        var heads = after.Heads(application, ConfigNames.DefaultEnvironment).Concat(after.Heads(application, environment))
            .Where(static head => !head.Removed && !head.Path.IsImports).ToList();
        foreach (var name in heads.Select(static head => head.Path.Name).Distinct().Order(StringComparer.Ordinal))
        {
            var names = application == TrafficDocuments.RoutingApplication && name != TrafficDocuments.AllServices ? [TrafficDocuments.AllServices, name] : (List<string>)[name];
            var plain = new ViewKey(application, environment, names, Labels.Empty);
            var selectors = heads.Where(head => names.Contains(head.Path.Name)).Select(static head => head.Path.Selector).DistinctBy(static selector => selector.Text)
                .OrderBy(static selector => selector.Text, StringComparer.Ordinal).Prepend(Labels.Empty).DistinctBy(static selector => selector.Text);
            foreach (var selector in selectors)
            {
                View(before, after, plain.With(selector), new(application, environment, name, selector));
            }
        }
    }

    private static void View(ConfigState before, ConfigState after, ViewKey key, ConfigPath path)
    {
        var faults = FaultsOf(after, key, path);
        if (faults.Count > 0)
        {
            var known = FaultsOf(before, key, path).Select(static fault => fault.Message).ToHashSet();
            Refuse(path, $" as {key.Application}/{key.Environment}/{string.Join('+', key.Names)} has it", faults.Where(fault => !known.Contains(fault.Message)).ToList(), "targets");
        }
    }

    private static IReadOnlyList<DocumentFault> FaultsOf(ConfigState state, ViewKey key, ConfigPath path) => TrafficDocuments.FaultsOf(
        path.Application,
        path.Name,
        DocumentNode.FromSettings(ResolvedView.Of(state, key).Settings.Select(static setting => KeyValuePair.Create(setting.Key, setting.Value))),
        isLayer: false);

    private static void Refuse(ConfigPath path, string seen, IReadOnlyList<DocumentFault> faults, string field)
    {
        if (faults.Count == 0)
        {
            return;
        }

        var more = faults.Count switch { 1 => "", 2 => " There is one more problem.", _ => $" There are {faults.Count - 1} more problems." };
        throw new ConfigException(new ConfigError(ConfigErrorCode.MalformedDocument, $"{path}: {faults[0].Message.TrimEnd('.')}{seen}.{more}", field, faults[0].Remedy)
        {
            Path = path,
            Line = faults[0].Line,
            Column = faults[0].Column,
        });
    }

    private static DocumentNode NodeOf(ConfigNode node, string path)
    {
        var value = node.Value ?? node.Children.FirstOrDefault()?.Value;
        var result = new DocumentNode(node.Name, path, node.Value?.Text, value?.Line ?? 0, value?.Column ?? 0);
        foreach (var child in node.Children)
        {
            result.Add(NodeOf(child, KeyText.Join(path, child.Name)));
        }

        return result;
    }
}
