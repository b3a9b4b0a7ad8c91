using System.Runtime.CompilerServices;

namespace Concord.Mvcc.Tree;

/// <summary>
/// Walks the newest versions of a range in key order. The end of the range is looked for once per leaf, not once per
/// key.
/// </summary>
internal struct KeyTreeCursor
{
    /// <summary>
    /// More levels than any tree can have: one is added only when a full root splits, and below the rightmost path
    /// every split leaves both halves half full.
    /// </summary>
    public const int DepthMax = 16;

    private readonly KeyRange _range;
    private InnerArray _path;
    private StepArray _steps;
    private int _depth;
    private LeafNode _leaf;
    private int _index;
    private int _stop;

    public KeyTreeCursor(KeyTree tree, KeyRange range)
    {
        _range = range;
        var node = tree.Root;
        var start = range.Start.Span;
        while (node is InnerNode inner)
        {
            var step = inner.ChildFor(start);
            Push(inner, step);
            node = inner[step];
        }

        _leaf = (LeafNode)node;
        _index = _leaf.LowerBound(start, out _);
        _stop = range.IsEmpty ? _index : StopIn(_leaf);
    }

    /// <summary>The next version, tombstones included, or null at the end.</summary>
    public KeyVersion? Next()
    {
        while (_index >= _stop)
        {
            if (_stop < _leaf.KeyCount || _range.IsEmpty || !MoveToNextLeaf())
            {
                return null;
            }
        }

        return _leaf[_index++];
    }

    /// <summary>The next version that is not a tombstone, or null at the end.</summary>
    public KeyVersion? NextLive()
    {
        while (true)
        {
            while (_index < _stop)
            {
                var index = _index++;
                if (_leaf.IsLive(index))
                {
                    return _leaf[index];
                }
            }

            if (_stop < _leaf.KeyCount || _range.IsEmpty || !MoveToNextLeaf())
            {
                return null;
            }
        }
    }

    private bool MoveToNextLeaf()
    {
        while (_depth > 0)
        {
            var parent = _path[_depth - 1]!;
            var step = _steps[_depth - 1] + 1;
            if (step == parent.ChildCount)
            {
                _depth--;
                continue;
            }

            _steps[_depth - 1] = step;
            var node = parent[step];
            while (node is InnerNode inner)
            {
                Push(inner, 0);
                node = inner[0];
            }

            _leaf = (LeafNode)node;
            _index = 0;
            _stop = StopIn(_leaf);
            return true;
        }

        return false;
    }

    /// <summary>The first index of a leaf that is beyond the range.</summary>
    private readonly int StopIn(LeafNode leaf)
    {
        if (_range.IsSingle)
        {
            var index = leaf.LowerBound(_range.Start.Span, out var exact);
            return exact ? index + 1 : index;
        }

        var last = leaf.KeyCount - 1;
        return last < 0 || _range.IsToEnd || leaf.KeyAt(last).SequenceCompareTo(_range.End.Span) < 0
            ? leaf.KeyCount
            : leaf.LowerBound(_range.End.Span, out _);
    }

    private void Push(InnerNode node, int step)
    {
        _path[_depth] = node;
        _steps[_depth] = step;
        _depth++;
    }

    [InlineArray(DepthMax)]
    private struct InnerArray
    {
        private InnerNode? _first;
    }

    [InlineArray(DepthMax)]
    private struct StepArray
    {
        private int _first;
    }
}
