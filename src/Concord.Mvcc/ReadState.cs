using Concord.Mvcc.Tree;

namespace Concord.Mvcc;

/// <summary>
/// What reading needs: the tree at one revision and how far history reaches back. Views hold one for ever; the key
/// space makes one over its working tree for the reads of a transaction.
/// </summary>
internal readonly struct ReadState(KeyTree tree, long revision, long compactedRevision, TrimHorizon horizon)
{
    public KeyTree Tree => tree;

    public long Revision => revision;

    public long CompactedRevision => compactedRevision;

    public TrimHorizon Horizon => horizon;

    public KeyVersion? Get(ReadOnlySpan<byte> key) => tree.Find(key) is { IsTombstone: false } version ? version : null;

    /// <summary>Whether history at a revision (≤ 0 is the newest) can be read.</summary>
    public StoreError Check(long atRevision) =>
        atRevision > revision ? StoreError.FutureRevision
        : atRevision > 0 && atRevision < compactedRevision ? StoreError.Compacted
        : StoreError.None;

    public StoreError Range(RangeOperation range, out RangeResult? result)
    {
        result = null;
        var error = Check(range.Revision);
        if (error != StoreError.None)
        {
            return error;
        }

        var at = range.Revision <= 0 ? revision : range.Revision;
        var order = new RangeOrder(range);
        var items = new List<KeyVersion>();
        var count = at == revision
            ? ReadNewest(range.Range, order.ItemsMax, items)
            : ReadHistory(range.Range, at, order.ItemsMax, items);
        if (at < revision && at < horizon.Revision)
        {
            return StoreError.Compacted;
        }

        var more = order.Arrange(items);
        result = new(items, count, more);
        return StoreError.None;
    }

    /// <summary>All comparisons hold; see <see cref="Comparison"/> for keys that do not exist.</summary>
    public bool Holds(IReadOnlyList<Comparison> comparisons)
    {
        for (var i = 0; i < comparisons.Count; i++)
        {
            if (!Holds(comparisons[i]))
            {
                return false;
            }
        }

        return true;
    }

    private bool Holds(Comparison comparison)
    {
        if (comparison.Range.IsSingle)
        {
            return comparison.Holds(Get(comparison.Range.Start.Span));
        }

        var cursor = new KeyTreeCursor(tree, comparison.Range);
        var version = cursor.NextLive();
        if (version is null)
        {
            return comparison.Holds(null);
        }

        for (; version is not null; version = cursor.NextLive())
        {
            if (!comparison.Holds(version))
            {
                return false;
            }
        }

        return true;
    }

    private long ReadNewest(KeyRange range, long itemsMax, List<KeyVersion> items)
    {
        if (range.IsSingle)
        {
            var version = Get(range.Start.Span);
            if (version is not null && itemsMax > 0)
            {
                items.Add(version);
            }

            return version is null ? 0 : 1;
        }

        if (itemsMax > 0)
        {
            var cursor = new KeyTreeCursor(tree, range);
            while (items.Count < itemsMax && cursor.NextLive() is { } version)
            {
                items.Add(version);
            }
        }

        // Everything was read unless the limit ended it, so only then is there anything to count.
        return items.Count < itemsMax ? items.Count : tree.CountLive(range);
    }

    private long ReadHistory(KeyRange range, long at, long itemsMax, List<KeyVersion> items)
    {
        var count = 0L;
        var cursor = new KeyTreeCursor(tree, range);
        while (cursor.Next() is { } newest)
        {
            if (newest.AsOf(at) is { IsTombstone: false } version)
            {
                count++;
                if (items.Count < itemsMax)
                {
                    items.Add(version);
                }
            }
        }

        return count;
    }
}
