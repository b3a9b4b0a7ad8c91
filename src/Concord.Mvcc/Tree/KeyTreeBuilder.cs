using System.Runtime.InteropServices;

namespace Concord.Mvcc.Tree;

/// <summary>Builds a key tree bottom-up from keys in ascending order, without a single search.</summary>
internal sealed class KeyTreeBuilder
{
    /// <summary>Some room in every node, so that the first writes after a restore do not split all of them.</summary>
    private const int Fill = Node.Capacity - (Node.Capacity / 8);

    private readonly List<KeyVersion> _leaf = new(Fill);
    private readonly List<Subtree> _leaves = [];

    /// <exception cref="FormatException">The key is not above the one before.</exception>
    public void Append(KeyVersion newest)
    {
        if (_leaf.Count == Fill)
        {
            FinishLeaf();
        }

        var before = _leaf.Count > 0 ? _leaf[^1] : _leaves.Count > 0 ? _leaves[^1].Last : null;
        if (before is not null && before.KeySpan.SequenceCompareTo(newest.KeySpan) >= 0)
        {
            throw new FormatException("The keys are not in ascending order.");
        }

        _leaf.Add(newest);
    }

    public Node Build()
    {
        if (_leaf.Count > 0 || _leaves.Count == 0)
        {
            FinishLeaf();
        }

        var level = _leaves;
        while (level.Count > 1)
        {
            level = BuildParents(level);
        }

        return level[0].Node;
    }

    private void FinishLeaf()
    {
        var versions = CollectionsMarshal.AsSpan(_leaf);
        _leaves.Add(new(LeafNode.Of(versions), versions.Length == 0 ? null : versions[0], versions.Length == 0 ? null : versions[^1]));
        _leaf.Clear();
    }

    /// <summary>Spreads the children evenly, so that no parent gets a lonely rest.</summary>
    private static List<Subtree> BuildParents(List<Subtree> children)
    {
        var count = (children.Count + Fill - 1) / Fill;
        var parents = new List<Subtree>(count);
        for (var i = 0; i < count; i++)
        {
            var from = (int)((long)children.Count * i / count);
            var to = (int)((long)children.Count * (i + 1) / count);
            var parent = new InnerNode(0);
            parent.AddFirst(children[from].Node, KeyTree.CountLive(children[from].Node));
            for (var child = from + 1; child < to; child++)
            {
                var separator = KeyBytes.Separator(children[child - 1].Last!.KeySpan, children[child].First!.KeySpan);
                parent.Insert(child - from, separator, children[child].Node, KeyTree.CountLive(children[child].Node));
            }

            parents.Add(new(parent, children[from].First, children[to - 1].Last));
        }

        return parents;
    }

    private readonly record struct Subtree(Node Node, KeyVersion? First, KeyVersion? Last);
}
