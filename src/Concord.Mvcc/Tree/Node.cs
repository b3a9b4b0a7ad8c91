using System.Runtime.CompilerServices;

namespace Concord.Mvcc.Tree;

/// <summary>
/// A node of the key tree: sorted keys with a search that rarely looks at the keys themselves. Every node knows how
/// many leading bytes all its keys share, and keeps the next eight bytes of each key as a number in one array; a search
/// compares numbers that lie next to each other in memory and follows a reference only to settle a tie.
/// <para>
/// A node is one object (its arrays are inline), so that copying it for a write is one allocation and one block copy.
/// <see cref="Edit"/> is the number of the edit that made it: while that edit lasts the node has one owner, who may
/// change it in place; afterwards readers may hold it and it never changes again.
/// </para>
/// </summary>
internal abstract class Node(long edit)
{
    /// <summary>Entries of a leaf, children of an inner node. At most 64: a leaf marks its live entries in one word.</summary>
    public const int Capacity = 64;

    private SliceArray _slices;
    private int _prefixLength;

    public long Edit { get; protected set; } = edit;

    /// <summary>Entries of a leaf; separators (children less one) of an inner node.</summary>
    public int KeyCount { get; protected set; }

    public abstract ReadOnlySpan<byte> KeyAt(int index);

    public abstract Node Clone(long edit);

    /// <summary>The first index whose key is not below <paramref name="key"/>.</summary>
    public int LowerBound(ReadOnlySpan<byte> key, out bool exact)
    {
        exact = false;
        var prefixLength = _prefixLength;
        if (prefixLength > 0)
        {
            var prefix = KeyAt(0)[..prefixLength];
            var common = key.CommonPrefixLength(prefix);
            if (common < prefixLength)
            {
                return common == key.Length || key[common] < prefix[common] ? 0 : KeyCount;
            }
        }

        var wanted = KeyBytes.Slice(key, prefixLength);
        ReadOnlySpan<ulong> slices = _slices;
        var low = 0;
        var high = KeyCount;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var slice = slices[middle];
            var order = slice == wanted
                ? KeyAt(middle)[prefixLength..].SequenceCompareTo(key[prefixLength..])
                : slice < wanted ? -1 : 1;
            if (order == 0)
            {
                exact = true;
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Accounts for a key that was put at <paramref name="index"/>; <see cref="KeyCount"/> counts it already.</summary>
    protected void SliceInserted(int index)
    {
        Span<ulong> slices = _slices;
        var last = KeyCount - 1;
        var prefixLength = _prefixLength;
        if (index == 0 || index == last)
        {
            // A key between the first and the last shares their prefix; a new first or last key may not.
            prefixLength = KeyAt(0).CommonPrefixLength(KeyAt(last));
            if (prefixLength < _prefixLength || last == 0)
            {
                SlicesChanged();
                return;
            }
        }

        slices[index..last].CopyTo(slices[(index + 1)..]);
        slices[index] = KeyBytes.Slice(KeyAt(index), _prefixLength);
    }

    /// <summary>Accounts for a key that was taken away; a prefix that was common stays common.</summary>
    protected void SliceRemoved(int index)
    {
        Span<ulong> slices = _slices;
        slices[(index + 1)..(KeyCount + 1)].CopyTo(slices[index..]);
        if (KeyCount == 0)
        {
            _prefixLength = 0;
        }
    }

    /// <summary>Computes prefix and slices from the keys.</summary>
    protected void SlicesChanged()
    {
        _prefixLength = KeyCount == 0 ? 0 : KeyAt(0).CommonPrefixLength(KeyAt(KeyCount - 1));
        for (var i = 0; i < KeyCount; i++)
        {
            _slices[i] = KeyBytes.Slice(KeyAt(i), _prefixLength);
        }
    }

    [InlineArray(Capacity)]
    private struct SliceArray
    {
        private ulong _first;
    }
}
