using System.Numerics;
using System.Runtime.CompilerServices;

namespace Concord.Mvcc.Tree;

/// <summary>
/// The newest version of up to <see cref="Node.Capacity"/> neighbouring keys. A bit per entry says whether the key is
/// live, so that counting needs no look at the versions.
/// </summary>
internal sealed class LeafNode(long edit) : Node(edit)
{
    private EntryArray _entries;
    private ulong _live;

    /// <summary>A leaf of neighbouring keys in order.</summary>
    public static LeafNode Of(ReadOnlySpan<KeyVersion> versions)
    {
        var leaf = new LeafNode(0);
        for (var i = 0; i < versions.Length; i++)
        {
            leaf._entries[i] = versions[i];
            leaf.SetLive(i, !versions[i].IsTombstone);
        }

        leaf.KeyCount = versions.Length;
        leaf.SlicesChanged();
        return leaf;
    }

    public bool IsFull => KeyCount == Capacity;

    public int LiveCount => BitOperations.PopCount(_live);

    public KeyVersion this[int index] => _entries[index]!;

    public bool IsLive(int index) => (_live >> index & 1) != 0;

    /// <summary>Live entries before <paramref name="index"/>.</summary>
    public int LiveBefore(int index) => BitOperations.PopCount(_live & Below(index));

    public override ReadOnlySpan<byte> KeyAt(int index) => _entries[index]!.KeySpan;

    public override LeafNode Clone(long edit)
    {
        var clone = (LeafNode)MemberwiseClone();
        clone.Edit = edit;
        return clone;
    }

    /// <summary>Puts a newer version of the same key; returns the change of the live count.</summary>
    public int Replace(int index, KeyVersion version)
    {
        var before = IsLive(index);
        _entries[index] = version;
        SetLive(index, !version.IsTombstone);
        return (version.IsTombstone ? 0 : 1) - (before ? 1 : 0);
    }

    public void Insert(int index, KeyVersion version)
    {
        Span<KeyVersion?> entries = _entries;
        entries[index..KeyCount].CopyTo(entries[(index + 1)..]);
        entries[index] = version;
        _live = (_live & Below(index)) | ((_live & ~Below(index)) << 1);
        SetLive(index, !version.IsTombstone);
        KeyCount++;
        SliceInserted(index);
    }

    public void RemoveAt(int index)
    {
        Span<KeyVersion?> entries = _entries;
        entries[(index + 1)..KeyCount].CopyTo(entries[index..]);
        entries[KeyCount - 1] = null;
        _live = (_live & Below(index)) | ((_live >> 1) & ~Below(index));
        KeyCount--;
        SliceRemoved(index);
    }

    /// <summary>Moves the entries from <paramref name="index"/> on into a new leaf to the right.</summary>
    public LeafNode Split(int index)
    {
        var right = new LeafNode(Edit);
        Span<KeyVersion?> entries = _entries;
        entries[index..KeyCount].CopyTo(right._entries);
        entries[index..KeyCount].Clear();
        right._live = index == Capacity ? 0 : _live >> index;
        right.KeyCount = KeyCount - index;
        _live &= Below(index);
        KeyCount = index;
        SlicesChanged();
        right.SlicesChanged();
        return right;
    }

    /// <summary>Takes over the entries of the leaf to the right.</summary>
    public void Absorb(LeafNode right)
    {
        Span<KeyVersion?> entries = _entries;
        ((Span<KeyVersion?>)right._entries)[..right.KeyCount].CopyTo(entries[KeyCount..]);
        _live |= KeyCount == Capacity ? 0 : right._live << KeyCount;
        KeyCount += right.KeyCount;
        SlicesChanged();
    }

    private static ulong Below(int index) => index == Capacity ? ulong.MaxValue : (1UL << index) - 1;

    private void SetLive(int index, bool live)
    {
        var bit = 1UL << index;
        _live = live ? _live | bit : _live & ~bit;
    }

    [InlineArray(Capacity)]
    private struct EntryArray
    {
        private KeyVersion? _first;
    }
}
