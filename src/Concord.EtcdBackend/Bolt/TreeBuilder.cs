namespace Concord.EtcdBackend.Bolt;

/// <summary>
/// Builds the tree of one bucket bottom-up from pairs in ascending order. A page is written when it is full and after
/// everything below it, so of each level only the page that is being filled is in memory (and the full one before it, of branches).
/// </summary>
internal sealed class TreeBuilder
{
    private readonly PageOutput _output;
    private readonly LeafBuilder _leaf;
    private readonly List<BranchBuilder> _levels = [];

    public TreeBuilder(PageOutput output)
    {
        _output = output;
        _leaf = new(output);
    }

    public void Add(BoltPairs pair)
    {
        FinishFullLeaf(pair.KeyLength, pair.ValueLength);
        _leaf.Add(pair);
    }

    public void AddBucket(byte[] name, ReadOnlySpan<byte> bucket)
    {
        FinishFullLeaf(name.Length, bucket.Length);
        _leaf.AddBucket(name, bucket);
    }

    /// <summary>Writes what is left and returns the root page.</summary>
    public ulong Finish()
    {
        // An empty tree is one empty leaf.
        FinishLeaf();
        for (var level = 0; ; level++)
        {
            if (_levels[level].OnlyChild is { } root)
            {
                return root;
            }

            _levels[level].Finish();
        }
    }

    private void FinishFullLeaf(int keyLength, int valueLength)
    {
        if (!_leaf.HasRoomFor(keyLength, valueLength))
        {
            FinishLeaf();
        }
    }

    private void FinishLeaf()
    {
        var (firstKey, page) = _leaf.Finish();
        AddPage(0, firstKey, page);
    }

    private void AddPage(int level, byte[] firstKey, ulong page)
    {
        if (level == _levels.Count)
        {
            _levels.Add(new(_output, (key, id) => AddPage(level + 1, key, id)));
        }

        _levels[level].Add(firstKey, page);
    }
}
