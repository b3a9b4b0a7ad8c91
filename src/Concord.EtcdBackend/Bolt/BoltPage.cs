using System.Buffers.Binary;

namespace Concord.EtcdBackend.Bolt;

/// <summary>
/// A branch or leaf page whose layout was checked: every element lies within it, no two share bytes, and keys ascend. Files
/// come from anywhere, and one whose elements overlap could otherwise say gigabytes with kilobytes.
/// </summary>
internal sealed class BoltPage
{
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <param name="bytes">The page with its header, and what belongs to it.</param>
    /// <param name="place">Where it is, for people.</param>
    /// <exception cref="BoltFormatException"/>
    public BoltPage(ReadOnlyMemory<byte> bytes, string place)
    {
        _bytes = bytes;
        Kind = BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[8..]);
        Count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[10..]);
        if (Kind is not (BoltFormat.BranchPage or BoltFormat.LeafPage))
        {
            throw new BoltFormatException($"{place} should be a branch or a leaf and is of kind {Kind}.");
        }

        if (IsBranch && Count == 0)
        {
            throw new BoltFormatException($"{place} is a branch without a child.");
        }

        Check(place);
    }

    public ushort Kind { get; }

    public int Count { get; }

    public bool IsBranch => Kind == BoltFormat.BranchPage;

    public ReadOnlySpan<byte> Key(int index) => _bytes.Span.Slice(KeyStart(index), KeyLength(index));

    public ReadOnlySpan<byte> Value(int index) => _bytes.Span.Slice(KeyStart(index) + KeyLength(index), ValueLength(index));

    public bool IsBucket(int index) => Field(index, 0) == BoltFormat.BucketFlag;

    public ulong Child(int index) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.Span[(ElementStart(index) + 8)..]);

    private static int ElementStart(int index) => BoltFormat.PageHeaderBytes + (index * BoltFormat.ElementBytes);

    private void Check(string place)
    {
        var end = (long)ElementStart(Count);
        if (end > _bytes.Length)
        {
            throw new BoltFormatException($"{place} has room for fewer than its {Count} elements.");
        }

        for (var i = 0; i < Count; i++)
        {
            var start = ElementStart(i) + (long)Field(i, IsBranch ? 0 : 4);
            var next = start + Field(i, IsBranch ? 4 : 8) + (IsBranch ? 0 : (long)Field(i, 12));
            if (start < end || next > _bytes.Length)
            {
                throw new BoltFormatException($"{place}: element {i} lies outside of the page or over another one.");
            }

            if (!IsBranch && Field(i, 0) > BoltFormat.BucketFlag)
            {
                throw new BoltFormatException($"{place}: element {i} has unknown flags {Field(i, 0):x}.");
            }

            end = next;
            if (i > 0 && Key(i - 1).SequenceCompareTo(Key(i)) >= 0)
            {
                throw new BoltFormatException($"{place}: the key of element {i} does not come after the key before it.");
            }
        }
    }

    private int KeyStart(int index) => ElementStart(index) + (int)Field(index, IsBranch ? 0 : 4);

    private int KeyLength(int index) => (int)Field(index, IsBranch ? 4 : 8);

    private int ValueLength(int index) => (int)Field(index, 12);

    private uint Field(int index, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.Span[(ElementStart(index) + offset)..]);
}
