namespace Concord.EtcdBackend.Bolt;

/// <summary>Walks the pairs of one tree in the order of their keys.</summary>
public sealed class BoltCursor
{
    /// <summary>Branches have two children at least, so this is more than the levels of any file.</summary>
    private const int DepthMax = 48;

    private readonly BoltReader _reader;
    private readonly PageSet _visited;
    private readonly Stack<(BoltPage Page, int Index)> _path = new();
    private BoltPage _leaf;
    private int _index = -1;
    private byte[]? _lastKey;

    internal BoltCursor(BoltReader reader, BoltPage root, PageSet visited)
    {
        _reader = reader;
        _visited = visited;
        _leaf = Descend(root);
    }

    public ReadOnlySpan<byte> Key => _leaf.Key(_index);

    public ReadOnlySpan<byte> Value => _leaf.Value(_index);

    public bool IsBucket => _leaf.IsBucket(_index);

    /// <exception cref="BoltFormatException">A page that belongs to the tree is damaged.</exception>
    public bool MoveNext()
    {
        while (_index + 1 >= _leaf.Count)
        {
            _lastKey = _leaf.Count > 0 ? _leaf.Key(_leaf.Count - 1).ToArray() : _lastKey;
            if (!MoveToNextLeaf())
            {
                return false;
            }
        }

        _index++;
        return true;
    }

    private bool MoveToNextLeaf()
    {
        while (_path.TryPop(out var parent))
        {
            if (parent.Index + 1 < parent.Page.Count)
            {
                _path.Push((parent.Page, parent.Index + 1));
                _leaf = Descend(_reader.ReadPage(parent.Page.Child(parent.Index + 1), _visited));
                _index = -1;
                if (_lastKey is not null && _leaf.Count > 0 && _leaf.Key(0).SequenceCompareTo(_lastKey) <= 0)
                {
                    throw new BoltFormatException("The leaves of a tree are not in the order of their keys.");
                }

                return true;
            }
        }

        _index = _leaf.Count - 1;
        return false;
    }

    private BoltPage Descend(BoltPage page)
    {
        while (page.IsBranch)
        {
            if (_path.Count == DepthMax)
            {
                throw new BoltFormatException($"A tree has more than {DepthMax} levels.");
            }

            _path.Push((page, 0));
            page = _reader.ReadPage(page.Child(0), _visited);
        }

        return page;
    }
}
