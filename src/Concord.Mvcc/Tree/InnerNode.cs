using System.Runtime.CompilerServices;

namespace Concord.Mvcc.Tree;

/// <summary>
/// Children in key order with the separators between them: child i holds the keys k with
/// separator[i - 1] ≤ k &lt; separator[i]. Beside each child stands the number of its live keys.
/// </summary>
internal sealed class InnerNode(long edit) : Node(edit)
{
    private SeparatorArray _separators;
    private ChildArray _children;
    private LiveArray _live;

    public int ChildCount { get; private set; }

    public bool IsFull => ChildCount == Capacity;

    public Node this[int index]
    {
        get => _children[index]!;
        set => _children[index] = value;
    }

    public override ReadOnlySpan<byte> KeyAt(int index) => _separators[index];

    public override InnerNode Clone(long edit)
    {
        var clone = (InnerNode)MemberwiseClone();
        clone.Edit = edit;
        return clone;
    }

    /// <summary>The child that holds <paramref name="key"/>, or would.</summary>
    public int ChildFor(ReadOnlySpan<byte> key)
    {
        var index = LowerBound(key, out var exact);
        return exact ? index + 1 : index;
    }

    public void AddLive(int index, int delta) => _live[index] += delta;

    public void SetLive(int index, int count) => _live[index] = count;

    public int LiveAt(int index) => _live[index];

    /// <summary>Live keys of the children before <paramref name="index"/>.</summary>
    public int LiveBefore(int index)
    {
        var sum = 0;
        foreach (var count in ((ReadOnlySpan<int>)_live)[..index])
        {
            sum += count;
        }

        return sum;
    }

    public void AddFirst(Node child, int live)
    {
        _children[0] = child;
        _live[0] = live;
        ChildCount = 1;
    }

    /// <summary>Puts a child right of another one (<paramref name="index"/> ≥ 1), with the separator before it.</summary>
    public void Insert(int index, byte[] separator, Node child, int live)
    {
        Span<Node?> children = _children;
        children[index..ChildCount].CopyTo(children[(index + 1)..]);
        children[index] = child;
        Span<int> lives = _live;
        lives[index..ChildCount].CopyTo(lives[(index + 1)..]);
        lives[index] = live;
        Span<byte[]?> separators = _separators;
        separators[(index - 1)..KeyCount].CopyTo(separators[index..]);
        separators[index - 1] = separator;
        ChildCount++;
        KeyCount++;
        SliceInserted(index - 1);
    }

    /// <summary>Takes away a child (<paramref name="index"/> ≥ 1) and the separator before it.</summary>
    public void RemoveAt(int index)
    {
        Span<Node?> children = _children;
        children[(index + 1)..ChildCount].CopyTo(children[index..]);
        children[ChildCount - 1] = null;
        Span<int> lives = _live;
        lives[(index + 1)..ChildCount].CopyTo(lives[index..]);
        Span<byte[]?> separators = _separators;
        separators[index..KeyCount].CopyTo(separators[(index - 1)..]);
        separators[KeyCount - 1] = null;
        ChildCount--;
        KeyCount--;
        SliceRemoved(index - 1);
    }

    /// <summary>
    /// Moves the children from <paramref name="index"/> on into a new node to the right; the separator between the two
    /// belongs to the parent now.
    /// </summary>
    public InnerNode Split(int index, out byte[] separator)
    {
        var right = new InnerNode(Edit);
        Span<Node?> children = _children;
        children[index..ChildCount].CopyTo(right._children);
        children[index..ChildCount].Clear();
        ((Span<int>)_live)[index..ChildCount].CopyTo(right._live);
        Span<byte[]?> separators = _separators;
        separator = separators[index - 1]!;
        separators[index..KeyCount].CopyTo(right._separators);
        separators[(index - 1)..KeyCount].Clear();
        right.ChildCount = ChildCount - index;
        right.KeyCount = right.ChildCount - 1;
        ChildCount = index;
        KeyCount = index - 1;
        SlicesChanged();
        right.SlicesChanged();
        return right;
    }

    /// <summary>Takes over the children of the node to the right.</summary>
    public void Absorb(InnerNode right, byte[] separator)
    {
        ((Span<Node?>)right._children)[..right.ChildCount].CopyTo(((Span<Node?>)_children)[ChildCount..]);
        ((Span<int>)right._live)[..right.ChildCount].CopyTo(((Span<int>)_live)[ChildCount..]);
        Span<byte[]?> separators = _separators;
        separators[KeyCount] = separator;
        ((Span<byte[]?>)right._separators)[..right.KeyCount].CopyTo(separators[(KeyCount + 1)..]);
        ChildCount += right.ChildCount;
        KeyCount = ChildCount - 1;
        SlicesChanged();
    }

    public byte[] SeparatorAt(int index) => _separators[index]!;

    [InlineArray(Capacity)]
    private struct SeparatorArray
    {
        private byte[]? _first;
    }

    [InlineArray(Capacity)]
    private struct ChildArray
    {
        private Node? _first;
    }

    [InlineArray(Capacity)]
    private struct LiveArray
    {
        private int _first;
    }
}
