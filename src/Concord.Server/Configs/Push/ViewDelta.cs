using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Push;

/// <summary>
/// What leads from one list of settings to another. A key that only changed its case is set, not removed: for the
/// client both are one key.
/// </summary>
internal sealed record ViewDelta(IReadOnlyList<ResolvedSetting> Set, IReadOnlyList<string> Removed)
{
    public static ViewDelta Empty { get; } = new([], []);

    /// <summary>Walks both lists, which are in byte order, side by side.</summary>
    public static ViewDelta Of(IReadOnlyList<ResolvedSetting> from, IReadOnlyList<ResolvedSetting> to)
    {
        var set = new List<ResolvedSetting>();
        var removed = new List<string>();
        var (i, j) = (0, 0);
        while (i < from.Count || j < to.Count)
        {
            var order = i == from.Count ? 1 : j == to.Count ? -1 : KeyText.ByteOrder.Compare(from[i].Key, to[j].Key);
            if (order < 0)
            {
                removed.Add(from[i++].Key);
            }
            else
            {
                if (order > 0 || from[i].Value != to[j].Value)
                {
                    set.Add(to[j]);
                }

                i += order == 0 ? 1 : 0;
                j++;
            }
        }

        if (removed.Count > 0 && set.Count > 0)
        {
            var kept = set.Select(static setting => setting.Key).ToHashSet(KeyText.Identity);
            removed.RemoveAll(kept.Contains);
        }

        return new(set, removed);
    }
}
