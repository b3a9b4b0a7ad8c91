namespace Concord.Mvcc.Tree;

/// <summary>
/// A persistent B+tree from key to its newest version, tombstones included, as readers see it: the root and everything
/// below never change.
/// </summary>
internal readonly struct KeyTree(Node root)
{
    public Node Root => root;

    /// <summary>The newest version of a key, which may be a tombstone, or null.</summary>
    public KeyVersion? Find(ReadOnlySpan<byte> key)
    {
        var node = root;
        while (node is InnerNode inner)
        {
            node = inner[inner.ChildFor(key)];
        }

        var leaf = (LeafNode)node;
        var index = leaf.LowerBound(key, out var exact);
        return exact ? leaf[index] : null;
    }

    /// <summary>The number of live keys in a range, in O(log n).</summary>
    public long CountLive(KeyRange range)
    {
        if (range.IsSingle)
        {
            return Find(range.Start.Span) is { IsTombstone: false } ? 1 : 0;
        }

        if (range.IsEmpty)
        {
            return 0;
        }

        var end = range.IsToEnd ? CountLive(root) : CountLiveBelow(range.End.Span);
        return end - CountLiveBelow(range.Start.Span);
    }

    public static int CountLive(Node node) => node switch
    {
        InnerNode inner => inner.LiveBefore(inner.ChildCount),
        LeafNode leaf => leaf.LiveCount,
        _ => throw new InvalidOperationException("A tree has inner nodes and leaves."),
    };

    private long CountLiveBelow(ReadOnlySpan<byte> key)
    {
        var count = 0L;
        var node = root;
        while (node is InnerNode inner)
        {
            var child = inner.ChildFor(key);
            count += inner.LiveBefore(child);
            node = inner[child];
        }

        var leaf = (LeafNode)node;
        return count + leaf.LiveBefore(leaf.LowerBound(key, out _));
    }
}
