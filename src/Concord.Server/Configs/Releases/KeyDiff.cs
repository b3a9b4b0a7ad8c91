using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Releases;

internal enum KeyChangeKind : byte
{
    Added = 1,
    Changed = 2,
    Removed = 3,
}

/// <summary>One key of one configuration, before and after, as its documents have it (references not filled in).</summary>
internal sealed record KeyDifference(ConfigPath Path, string Key, KeyChangeKind Kind, string? Old, string? New);

internal static class KeyDiff
{
    /// <summary>What changes key by key, in byte order; empty for documents that differ in text only.</summary>
    public static IEnumerable<KeyDifference> Of(ConfigPath path, ConfigDocument? before, ConfigDocument? after)
    {
        var old = Settings(path, before);
        var now = Settings(path, after);
        return old.Keys.Union(now.Keys, KeyText.Identity).Order(KeyText.ByteOrder).Select(key => Compare(path, key, old, now)).OfType<KeyDifference>();
    }

    private static KeyDifference? Compare(ConfigPath path, string key, Dictionary<string, string> old, Dictionary<string, string> now) =>
        (old.TryGetValue(key, out var before), now.TryGetValue(key, out var after)) switch
        {
            (false, _) => new(path, key, KeyChangeKind.Added, null, after),
            (_, false) => new(path, key, KeyChangeKind.Removed, before, null),
            _ => before == after ? null : new(path, key, KeyChangeKind.Changed, before, after),
        };

    private static Dictionary<string, string> Settings(ConfigPath path, ConfigDocument? document)
    {
        if (document is null)
        {
            return [];
        }

        return path.IsImports
            ? Imports.Parse(document, path.Application).Select(static (import, index) => KeyValuePair.Create($"{ConfigNames.ImportsName}:{index}", import.ToString())).ToDictionary(KeyText.Identity)
            : FlatSettings.Of(document.Parse(path.Name)).ToDictionary(static setting => setting.Key, static setting => setting.Value.Text, KeyText.Identity);
    }
}
