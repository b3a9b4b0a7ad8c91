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
    private readonly List<WatchShare> _shares = [];
    private readonly Dictionary<WatchStream, WatchShare> _shareOf = [];
    private List<KeyVersion>? _changes;

    public WatchFilter Filter { get; } = filter;

    /// <summary>The group's watches, those of one stream together.</summary>
    public IReadOnlyList<WatchShare> Shares => _shares;

    public void Add(Watch watch)
    {
        if (!_shareOf.TryGetValue(watch.Stream, out var share))
        {
            share = new(this, watch.Stream) { Position = _shares.Count };
            _shares.Add(share);
            _shareOf.Add(watch.Stream, share);
        }

        share.Add(watch);
    }

    public void Remove(Watch watch)
    {
        var share = watch.Share!;
        share.Remove(watch);
        if (share.Watches.Count > 0)
        {
            return;
        }

        _shareOf.Remove(share.Stream);
        var last = _shares[^1];
        _shares[share.Position] = last;
        last.Position = share.Position;
        _shares.RemoveAt(_shares.Count - 1);
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

/// <summary>The watches of one stream in one group: offered a revision under one lock.</summary>
internal sealed class WatchShare(WatchGroup group, WatchStream stream)
{
    private readonly List<Watch> _watches = [];

    public WatchGroup Group => group;

    public WatchStream Stream => stream;

    public IReadOnlyList<Watch> Watches => _watches;

    /// <summary>The place in the group, so that leaving costs nothing.</summary>
    public int Position { get; set; }

    public void Add(Watch watch)
    {
        watch.Share = this;
        watch.SharePosition = _watches.Count;
        _watches.Add(watch);
    }

    public void Remove(Watch watch)
    {
        var last = _watches[^1];
        _watches[watch.SharePosition] = last;
        last.SharePosition = watch.SharePosition;
        _watches.RemoveAt(_watches.Count - 1);
        watch.Share = null;
    }
}
