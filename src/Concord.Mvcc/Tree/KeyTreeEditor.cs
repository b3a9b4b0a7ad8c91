namespace Concord.Mvcc.Tree;

/// <summary>
/// The writing side of the key tree. <see cref="Freeze"/> ends an edit: every node that exists by then belongs to
/// readers as well and is copied before its next change; nodes made since are changed in place, so that many writes
/// between two freezes copy each node once.
/// </summary>
internal sealed class KeyTreeEditor
{
    /// <summary>Below this a node joins a neighbour if both fit into one that is still three quarters full at most.</summary>
    private const int MergeBelow = Node.Capacity / 4;

    private const int MergedMax = Node.Capacity * 3 / 4;

    private readonly InnerNode[] _path = new InnerNode[KeyTreeCursor.DepthMax];
    private readonly int[] _steps = new int[KeyTreeCursor.DepthMax];
    private int _depth;
    private LeafNode _leaf;
    private int _index;
    private bool _found;
    private Node _root;
    private long _edit;

    public KeyTreeEditor()
        : this(new LeafNode(0))
    {
    }

    /// <param name="root">A tree that nobody changes any more.</param>
    public KeyTreeEditor(Node root)
    {
        _root = root;
        _edit = root.Edit + 1;
        _leaf = null!;
    }

    /// <summary>The present state, for reading before the next change only.</summary>
    public KeyTree Current => new(_root);

    public KeyTree Freeze()
    {
        _edit++;
        return new(_root);
    }

    /// <summary>Finds the place of a key for <see cref="Put"/> or <see cref="Remove"/>, and what is there.</summary>
    public KeyVersion? Seek(ReadOnlySpan<byte> key)
    {
        _depth = 0;
        var node = _root;
        while (node is InnerNode inner)
        {
            var step = inner.ChildFor(key);
            _path[_depth] = inner;
            _steps[_depth] = step;
            _depth++;
            node = inner[step];
        }

        _leaf = (LeafNode)node;
        _index = _leaf.LowerBound(key, out _found);
        return _found ? _leaf[_index] : null;
    }

    /// <summary>Puts a version of the key that <see cref="Seek"/> looked for last.</summary>
    public void Put(KeyVersion version)
    {
        Own();
        if (_found)
        {
            AddLive(_leaf.Replace(_index, version));
        }
        else if (!_leaf.IsFull)
        {
            _leaf.Insert(_index, version);
            AddLive(version.IsTombstone ? 0 : 1);
        }
        else
        {
            SplitAndInsert(version);
        }
    }

    /// <summary>Removes the key that <see cref="Seek"/> found last.</summary>
    public void Remove()
    {
        if (!_found)
        {
            throw new InvalidOperationException("There is no such key in the tree.");
        }

        Own();
        AddLive(_leaf.IsLive(_index) ? -1 : 0);
        _leaf.RemoveAt(_index);
        _found = false;
        MergeUpwards();
    }

    /// <summary>Makes this edit the owner of every node on the path.</summary>
    private void Own()
    {
        for (var level = 0; level < _depth; level++)
        {
            if (_path[level].Edit != _edit)
            {
                _path[level] = _path[level].Clone(_edit);
                Attach(level, _path[level]);
            }
        }

        if (_leaf.Edit != _edit)
        {
            _leaf = _leaf.Clone(_edit);
            Attach(_depth, _leaf);
        }
    }

    private void Attach(int level, Node node)
    {
        if (level == 0)
        {
            _root = node;
        }
        else
        {
            _path[level - 1][_steps[level - 1]] = node;
        }
    }

    private void AddLive(int delta)
    {
        if (delta == 0)
        {
            return;
        }

        for (var level = 0; level < _depth; level++)
        {
            _path[level].AddLive(_steps[level], delta);
        }
    }

    private void SplitAndInsert(KeyVersion version)
    {
        AddLive(version.IsTombstone ? 0 : 1);

        // Keys that come in ascending order fill the last leaf; splitting it in halves would leave all leaves half empty.
        var ascending = _index == Node.Capacity && IsRightmost(_depth);
        var at = ascending ? Node.Capacity : Node.Capacity / 2;
        var right = _leaf.Split(at);
        if (_index <= at && !ascending)
        {
            _leaf.Insert(_index, version);
        }
        else
        {
            right.Insert(_index - at, version);
        }

        var separator = KeyBytes.Separator(_leaf.KeyAt(_leaf.KeyCount - 1), right.KeyAt(0));
        InsertChild(_depth - 1, _leaf, separator, right);
    }

    /// <summary>Puts <paramref name="right"/> beside <paramref name="left"/>, which it was split from, into the parent.</summary>
    private void InsertChild(int level, Node left, byte[] separator, Node right)
    {
        for (; level >= 0; level--)
        {
            var parent = _path[level];
            var step = _steps[level];
            parent.SetLive(step, KeyTree.CountLive(left));
            if (!parent.IsFull)
            {
                parent.Insert(step + 1, separator, right, KeyTree.CountLive(right));
                return;
            }

            var at = step == Node.Capacity - 1 && IsRightmost(level) ? Node.Capacity - 1 : Node.Capacity / 2;
            var sibling = parent.Split(at, out var middle);
            if (step + 1 <= at)
            {
                parent.Insert(step + 1, separator, right, KeyTree.CountLive(right));
            }
            else
            {
                sibling.Insert(step + 1 - at, separator, right, KeyTree.CountLive(right));
            }

            (left, separator, right) = (parent, middle, sibling);
        }

        var root = new InnerNode(_edit);
        root.AddFirst(left, KeyTree.CountLive(left));
        root.Insert(1, separator, right, KeyTree.CountLive(right));
        _root = root;
    }

    private bool IsRightmost(int depth)
    {
        for (var level = 0; level < depth; level++)
        {
            if (_steps[level] != _path[level].ChildCount - 1)
            {
                return false;
            }
        }

        return true;
    }

    private void MergeUpwards()
    {
        Node node = _leaf;
        for (var level = _depth - 1; level >= 0 && Size(node) < MergeBelow; level--)
        {
            var parent = _path[level];
            var step = _steps[level];
            if (!TryMerge(parent, step) && (step == 0 || !TryMerge(parent, step - 1)))
            {
                break;
            }

            node = parent;
        }

        while (_root is InnerNode { ChildCount: 1 } inner)
        {
            _root = inner[0];
        }
    }

    /// <summary>Merges child <paramref name="index"/> of a parent with the one to its right if both are small enough.</summary>
    private bool TryMerge(InnerNode parent, int index)
    {
        if (index + 1 >= parent.ChildCount)
        {
            return false;
        }

        var left = parent[index];
        var right = parent[index + 1];
        if (Size(left) + Size(right) > MergedMax && Size(left) != 0 && Size(right) != 0)
        {
            return false;
        }

        if (left.Edit != _edit)
        {
            left = left.Clone(_edit);
            parent[index] = left;
        }

        if (left is LeafNode leaf)
        {
            leaf.Absorb((LeafNode)right);
        }
        else
        {
            ((InnerNode)left).Absorb((InnerNode)right, parent.SeparatorAt(index));
        }

        parent.SetLive(index, parent.LiveAt(index) + parent.LiveAt(index + 1));
        parent.RemoveAt(index + 1);
        return true;
    }

    private static int Size(Node node) => node is InnerNode inner ? inner.ChildCount : node.KeyCount;
}
