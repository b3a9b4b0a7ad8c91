using System.Collections.Concurrent;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Views;

/// <summary>
/// The trees of published documents. A release never changes, so an entry is never stale; the trees are shared by all
/// views and must not be changed.
/// </summary>
internal sealed class DocumentCache
{
    /// <summary>Past this many entries all are dropped: rarer and simpler than keeping an order of use.</summary>
    private const int EntriesMax = 4_096;

    private readonly ConcurrentDictionary<(ConfigPath Path, long Release), ConfigNode> _trees = new();

    public ConfigNode Get(ConfigPath path, long release, Func<ConfigDocument> read)
    {
        if (_trees.TryGetValue((path, release), out var tree))
        {
            return tree;
        }

        tree = read().Parse(path.Name);
        if (_trees.Count >= EntriesMax)
        {
            _trees.Clear();
        }

        _trees.TryAdd((path, release), tree);
        return tree;
    }
}
