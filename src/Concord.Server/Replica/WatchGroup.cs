using Concord.Mvcc;

namespace Concord.Server.Replica;

/// <summary>What makes two watches see the same events.</summary>
internal readonly record struct WatchFilter(KeyRange Range, bool NoPut, bool NoDelete)
{
    public static WatchFilter Of(WatchOptions options) => new(options.Range, options.NoPut, options.NoDelete);

    public bool Admits(KeyVersion change) => change.IsTombstone ? !NoDelete : !NoPut;

    public bool Equals(WatchFilter other) =>
        NoPut == other.NoPut && NoDelete == other.NoDelete
        && Range.Start.Span.SequenceEqual(other.Range.Start.Span) && Range.End.Span.SequenceEqual(other.Range.End.Span);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Range.Start.Span);
        hash.AddBytes(Range.End.Span);
        hash.Add(NoPut);
        hash.Add(NoDelete);
        return hash.ToHashCode();
    }
}

/// <summary>
/// The synced watches of one range and filter: matched once, given one list of changes. Ten thousand clients that watch
/// the same configuration are one group. Guarded by the hub's lock.
/// </summary>
internal sealed class WatchGroup(WatchFilter filter)
{
    private readonly List<Watch> _watches = [];
    private List<KeyVersion>? _changes;

    public WatchFilter Filter { get; } = filter;

    public int Count => _watches.Count;

    public IReadOnlyList<Watch> Watches => _watches;

    public Watch this[int position] => _watches[position];

    public void Add(Watch watch)
    {
        watch.Group = this;
        watch.GroupPosition = _watches.Count;
        _watches.Add(watch);
    }

    public void Remove(Watch watch)
    {
        var last = _watches[^1];
        _watches[watch.GroupPosition] = last;
        last.GroupPosition = watch.GroupPosition;
        _watches.RemoveAt(_watches.Count - 1);
        watch.Group = null;
    }

    /// <summary>Collects a change of the revision being handed out; true for the first one.</summary>
    public bool Collect(KeyVersion change)
    {
        var isFirst = _changes is null;
        (_changes ??= []).Add(change);
        return isFirst;
    }

    public List<KeyVersion> TakeChanges()
    {
        var changes = _changes!;
        _changes = null;
        return changes;
    }
}
