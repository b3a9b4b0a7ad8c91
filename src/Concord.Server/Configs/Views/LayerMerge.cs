using Concord.Server.Configs.Documents;

namespace Concord.Server.Configs.Views;

/// <summary>
/// Lays one document over others. Objects merge by name, however deep. Values and lists replace what is below as a
/// whole: a list made half of one layer and half of another is what nobody wrote, and it cannot be made shorter from
/// above. The same holds where the kinds differ (a value over an object, an object over a value or a list). An empty
/// object says nothing; an empty list empties the list below.
/// </summary>
internal static class LayerMerge
{
    /// <param name="target">The merged tree so far, owned by the merge.</param>
    /// <param name="upper">A document's tree; shared, never changed.</param>
    /// <param name="layer">The number that the values of <paramref name="upper"/> get.</param>
    public static void Apply(ConfigNode target, ConfigNode upper, int layer)
    {
        foreach (var child in upper.Children)
        {
            if (SaysNothing(child))
            {
                continue;
            }

            if (target.TryGet(child.Name, out var below) && Merges(below, child))
            {
                below.Name = child.Name;
                below.Value = child.Value is { } value ? value with { Layer = layer } : below.Value;
                Apply(below, child, layer);
            }
            else
            {
                target.Replace(Copy(child, layer));
            }
        }
    }

    private static bool SaysNothing(ConfigNode node) =>
        !node.IsList && node.Value is null && node.Children.All(SaysNothing);

    /// <summary>
    /// Nodes merge when both have children or both have a value: two objects, two values, or the mixed nodes of flat
    /// formats, in which only what is written above is replaced.
    /// </summary>
    private static bool Merges(ConfigNode below, ConfigNode above) => !below.IsList && !above.IsList
        && ((below.Value is not null && above.Value is not null) || (below.Children.Count > 0 && above.Children.Count > 0));

    private static ConfigNode Copy(ConfigNode node, int layer)
    {
        var copy = new ConfigNode(node.Name) { IsList = node.IsList };
        if (node.Value is { } value)
        {
            copy.Value = value with { Layer = layer };
        }
        else if (node.IsList && node.Children.Count == 0)
        {
            copy.Value = new("", ScalarKind.Null, 0, 0, layer);
        }

        foreach (var child in node.Children)
        {
            if (!SaysNothing(child))
            {
                copy.Replace(Copy(child, layer));
            }
        }

        return copy;
    }
}
