using Concord.Server.Configs.Documents;

namespace Concord.Server.Configs.Views;

/// <summary>A key in ':' form with its value.</summary>
internal readonly record struct FlatSetting(string Key, ConfigValue Value);

internal static class FlatSettings
{
    /// <summary>The values of a tree, in byte order of their keys. An empty list is its key with an empty value.</summary>
    public static List<FlatSetting> Of(ConfigNode root)
    {
        var settings = new List<FlatSetting>();
        Collect(root, "", settings);
        settings.Sort(static (a, b) => KeyText.ByteOrder.Compare(a.Key, b.Key));
        return settings;
    }

    private static void Collect(ConfigNode node, string key, List<FlatSetting> settings)
    {
        if (node.Value is { } value)
        {
            settings.Add(new(key, value));
        }
        else if (node.IsList && node.Children.Count == 0)
        {
            settings.Add(new(key, new("", ScalarKind.Null, 0, 0)));
        }

        foreach (var child in node.Children)
        {
            Collect(child, KeyText.Join(key, child.Name), settings);
        }
    }
}
