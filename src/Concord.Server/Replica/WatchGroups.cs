using Concord.Mvcc;

namespace Concord.Server.Replica;

/// <summary>All synced watches, found by the keys that change. Guarded by the hub's lock.</summary>
internal sealed class WatchGroups
{
    private readonly Dictionary<WatchFilter, WatchGroup> _groups = [];
    private readonly KeyRangeIndex<WatchGroup> _index = new();
    private readonly List<WatchGroup> _matches = [];
    private readonly List<WatchGroup> _collected = [];

    public void Join(Watch watch)
    {
        var filter = WatchFilter.Of(watch.Options);
        if (!_groups.TryGetValue(filter, out var group))
        {
            group = new(filter);
            _groups.Add(filter, group);
            if (!filter.Range.IsEmpty)
            {
                _index.Add(filter.Range, group);
            }
        }

        group.Add(watch);
    }

    public void Leave(Watch watch)
    {
        if (watch.Share?.Group is not { } group)
        {
            return;
        }

        group.Remove(watch);
        if (group.Shares.Count == 0)
        {
            _groups.Remove(group.Filter);
            if (!group.Filter.Range.IsEmpty)
            {
                _index.Remove(group.Filter.Range, group);
            }
        }
    }

    public IReadOnlyList<Watch> All() => [.. _groups.Values.SelectMany(group => group.Shares).SelectMany(share => share.Watches)];

    /// <summary>Adds a change of the revision that is being handed out to the groups that it concerns.</summary>
    public void Collect(KeyVersion change)
    {
        _matches.Clear();
        _index.Find(change.Key.Span, _matches);
        foreach (var group in _matches)
        {
            if (group.Filter.Admits(change) && group.Collect(change))
            {
                _collected.Add(group);
            }
        }
    }

    /// <summary>What was collected since the last call. Watches may leave while the caller goes through it.</summary>
    public IEnumerable<(WatchGroup Group, IReadOnlyList<KeyVersion> Changes)> TakeCollected()
    {
        foreach (var group in _collected)
        {
            yield return (group, group.TakeChanges());
        }

        _collected.Clear();
    }
}
