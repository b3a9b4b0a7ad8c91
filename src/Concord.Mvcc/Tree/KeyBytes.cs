using System.Buffers.Binary;

namespace Concord.Mvcc.Tree;

/// <summary>Arithmetic on keys as byte strings in byte order.</summary>
internal static class KeyBytes
{
    /// <summary>
    /// The eight bytes from <paramref name="offset"/> on as a big-endian number, zeros beyond the end. Two keys that
    /// agree before the offset are in the order of their slices when these differ; equal slices decide nothing (a zero
    /// byte and the end look the same).
    /// </summary>
    public static ulong Slice(ReadOnlySpan<byte> key, int offset)
    {
        var rest = key.Length - offset;
        if (rest >= sizeof(ulong))
        {
            return BinaryPrimitives.ReadUInt64BigEndian(key[offset..]);
        }

        if (rest <= 0)
        {
            return 0;
        }

        if (key.Length >= sizeof(ulong))
        {
            return BinaryPrimitives.ReadUInt64BigEndian(key[^sizeof(ulong)..]) << (8 * (sizeof(ulong) - rest));
        }

        ulong slice = 0;
        for (var i = 0; i < rest; i++)
        {
            slice |= (ulong)key[offset + i] << (56 - (8 * i));
        }

        return slice;
    }

    /// <summary>The shortest key above <paramref name="left"/> and not above <paramref name="right"/>.</summary>
    public static byte[] Separator(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var common = left.CommonPrefixLength(right);
        if (common >= right.Length || (common < left.Length && left[common] >= right[common]))
        {
            throw new InvalidOperationException("The keys of a tree are out of order.");
        }

        return right[..(common + 1)].ToArray();
    }
}
