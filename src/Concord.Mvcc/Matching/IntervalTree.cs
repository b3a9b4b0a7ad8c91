namespace Concord.Mvcc.Matching;

/// <summary>
/// A balanced (AVL) tree of intervals by start and end, each node with the highest end below it: a search for the
/// intervals around a key leaves out every subtree that ends before the key.
/// </summary>
internal sealed class IntervalTree<TValue>
    where TValue : class, new()
{
    private Node? _root;

    public TValue? Find(KeyRange range)
    {
        var node = _root;
        while (node is not null)
        {
            var order = node.CompareTo(range);
            if (order == 0)
            {
                return node.Value;
            }

            node = order > 0 ? node.Left : node.Right;
        }

        return null;
    }

    public TValue GetOrAdd(KeyRange range)
    {
        if (Find(range) is { } found)
        {
            return found;
        }

        var added = new Node(range);
        _root = Insert(_root, added);
        return added.Value;
    }

    public bool Remove(KeyRange range)
    {
        if (Find(range) is null)
        {
            return false;
        }

        _root = Remove(_root, range);
        return true;
    }

    /// <summary>The values of all intervals that contain the key, in the order of the intervals.</summary>
    public List<TValue> Containing(ReadOnlySpan<byte> key)
    {
        var found = new List<TValue>();
        Collect(_root, key, found);
        return found;
    }

    private static void Collect(Node? node, ReadOnlySpan<byte> key, List<TValue> found)
    {
        while (node is not null && node.ReachesBeyond(key))
        {
            Collect(node.Left, key, found);
            if (key.SequenceCompareTo(node.Start) < 0)
            {
                return;
            }

            if (node.EndsAfter(key))
            {
                found.Add(node.Value);
            }

            node = node.Right;
        }
    }

    private static Node Insert(Node? node, Node added)
    {
        if (node is null)
        {
            return added;
        }

        if (node.CompareTo(added.Range) > 0)
        {
            node.Left = Insert(node.Left, added);
        }
        else
        {
            node.Right = Insert(node.Right, added);
        }

        return Balance(node);
    }

    private static Node? Remove(Node? node, KeyRange range)
    {
        if (node is null)
        {
            return null;
        }

        var order = node.CompareTo(range);
        if (order > 0)
        {
            node.Left = Remove(node.Left, range);
        }
        else if (order < 0)
        {
            node.Right = Remove(node.Right, range);
        }
        else if (node.Left is null || node.Right is null)
        {
            return node.Left ?? node.Right;
        }
        else
        {
            // The next one in order takes its place.
            var next = node.Right;
            while (next.Left is not null)
            {
                next = next.Left;
            }

            next.Right = Remove(node.Right, next.Range);
            next.Left = node.Left;
            return Balance(next);
        }

        return Balance(node);
    }

    private static Node Balance(Node node)
    {
        node.Update();
        var lean = Height(node.Left) - Height(node.Right);
        if (lean > 1)
        {
            if (Height(node.Left!.Left) < Height(node.Left.Right))
            {
                node.Left = RotateLeft(node.Left);
            }

            return RotateRight(node);
        }

        if (lean < -1)
        {
            if (Height(node.Right!.Right) < Height(node.Right.Left))
            {
                node.Right = RotateRight(node.Right);
            }

            return RotateLeft(node);
        }

        return node;
    }

    private static Node RotateRight(Node node)
    {
        var top = node.Left!;
        node.Left = top.Right;
        top.Right = node;
        node.Update();
        top.Update();
        return top;
    }

    private static Node RotateLeft(Node node)
    {
        var top = node.Right!;
        node.Right = top.Left;
        top.Left = node;
        node.Update();
        top.Update();
        return top;
    }

    private static int Height(Node? node) => node?.Height ?? 0;

    /// <summary>An interval; an end of null is beyond every key.</summary>
    private sealed class Node
    {
        private readonly byte[]? _end;
        private byte[]? _highestEnd;

        public Node(KeyRange range)
        {
            Start = range.Start.ToArray();
            _end = range.IsToEnd ? null : range.End.ToArray();
            Update();
        }

        public byte[] Start { get; }

        public KeyRange Range => _end is null ? KeyRange.From(Start) : new(Start, _end);

        public TValue Value { get; } = new();

        public Node? Left { get; set; }

        public Node? Right { get; set; }

        public int Height { get; private set; }

        public bool EndsAfter(ReadOnlySpan<byte> key) => _end is null || key.SequenceCompareTo(_end) < 0;

        /// <summary>Whether any interval from here down ends after the key.</summary>
        public bool ReachesBeyond(ReadOnlySpan<byte> key) => _highestEnd is null || key.SequenceCompareTo(_highestEnd) < 0;

        public int CompareTo(KeyRange range)
        {
            var order = Start.AsSpan().SequenceCompareTo(range.Start.Span);
            if (order != 0)
            {
                return order;
            }

            return _end is null ? (range.IsToEnd ? 0 : 1)
                : range.IsToEnd ? -1
                : _end.AsSpan().SequenceCompareTo(range.End.Span);
        }

        public void Update()
        {
            Height = 1 + Math.Max(Left?.Height ?? 0, Right?.Height ?? 0);
            _highestEnd = Higher(_end, Higher(Left is null ? _end : Left._highestEnd, Right is null ? _end : Right._highestEnd));
        }

        private static byte[]? Higher(byte[]? left, byte[]? right) =>
            left is null || right is null ? null : left.AsSpan().SequenceCompareTo(right) >= 0 ? left : right;
    }
}
