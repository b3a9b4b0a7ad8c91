namespace Concord.Mvcc.Encoding;

/// <summary>
/// Numbers of variable length: seven bits a byte, lowest first, the high bit set on all but the last. Signed numbers
/// are folded (0, -1, 1, -2, …) so that small ones of both signs are short.
/// </summary>
internal static class Varint
{
    public const int BytesMax = 10;

    public static int Write(Span<byte> output, ulong value)
    {
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            output[length++] = (byte)(value | 0x80);
        }

        output[length++] = (byte)value;
        return length;
    }

    public static ulong Fold(long value) => (ulong)((value << 1) ^ (value >> 63));

    public static long Unfold(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    /// <summary>How many bytes the number takes; 0 if the input ends before it does.</summary>
    /// <exception cref="FormatException">
    /// More than 64 bits, or longer than necessary: every value has one form, so that equal content is equal bytes.
    /// </exception>
    public static int TryRead(ReadOnlySpan<byte> input, out ulong value)
    {
        value = 0;
        for (var i = 0; i < input.Length; i++)
        {
            var bits = input[i];
            if (i == BytesMax - 1 && bits > 1)
            {
                throw new FormatException("A number has more than 64 bits.");
            }

            value |= (ulong)(bits & 0x7f) << (7 * i);
            if (bits < 0x80)
            {
                return bits == 0 && i > 0 ? throw new FormatException("A number is longer than necessary.") : i + 1;
            }
        }

        return 0;
    }
}
