using System.Text;

namespace Concord.Server.Hosting.Http2;

/// <summary>
/// Finds the <c>:authority</c> of a request in its header block (RFC 7541, section 6) without a header table, and replaces
/// a value that is no host name by one that is, in place.
/// </summary>
/// <remarks>
/// The replacement has the same length decoded, because entries are counted by it when the table evicts, and the same
/// length encoded, because frames carry their length. It says nothing: nobody here looks at the authority.
/// </remarks>
internal static class AuthorityField
{
    /// <summary>The entry of the static table whose name is ":authority".</summary>
    private const int AuthorityIndex = 1;

    private const int BitsPerByte = 8;

    /// <summary>Letters of 5, 6, 7 and 8 bits, with their codes.</summary>
    private static readonly (char Letter, int Code)[] Letters = [('a', 0x03), ('b', 0x23), ('v', 0x77), ('X', 0xfc)];

    private const int ShortestBits = 5;

    /// <summary>True if the block had an authority that is no host name and now has one that is.</summary>
    public static bool Repair(Span<byte> block)
    {
        if (Find(block) is not { } field)
        {
            return false;
        }

        var value = block.Slice(field.Start, field.Length);
        if (!field.IsHuffman)
        {
            if (IsHost(Encoding.ASCII.GetString(value)))
            {
                return false;
            }

            value.Fill((byte)Letters[0].Letter);
            return true;
        }

        string text;
        try
        {
            text = HpackHuffman.Decode(value);
        }
        catch (InvalidDataException)
        {
            // Not a name that a client of ours would send; Kestrel refuses it.
            return false;
        }

        return !IsHost(text) && WriteLetters(text.Length, value);
    }

    /// <summary>Letters, digits, dots, dashes and underscores, perhaps a port; or anything in brackets (IPv6), which Kestrel checks.</summary>
    internal static bool IsHost(string text)
    {
        if (text.StartsWith('['))
        {
            return true;
        }

        var colon = text.IndexOf(':');
        var name = colon < 0 ? text : text[..colon];
        var port = colon < 0 ? "" : text[(colon + 1)..];
        return (name.Length > 0 || colon < 0)
            && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_')
            && port.All(char.IsAsciiDigit);
    }

    private static (int Start, int Length, bool IsHuffman)? Find(ReadOnlySpan<byte> block)
    {
        for (var position = 0; position < block.Length;)
        {
            var first = block[position];
            var isIndexed = (first & 0x80) != 0;
            var isResize = (first & 0xe0) == 0x20;
            var prefixBits = isIndexed ? 7 : (first & 0x40) != 0 ? 6 : isResize ? 5 : 4;
            if (ReadNumber(block, ref position, prefixBits) is not { } index)
            {
                return null;
            }

            if (isIndexed || isResize)
            {
                continue;
            }

            if (index == 0 && ReadText(block, ref position) is null)
            {
                return null;
            }

            if (ReadText(block, ref position) is not { } value)
            {
                return null;
            }

            if (index == AuthorityIndex)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Null if the block ends before the text does; then it is Kestrel's to refuse.</summary>
    private static (int Start, int Length, bool IsHuffman)? ReadText(ReadOnlySpan<byte> block, ref int position)
    {
        if (position >= block.Length)
        {
            return null;
        }

        var isHuffman = (block[position] & 0x80) != 0;
        if (ReadNumber(block, ref position, 7) is not { } length || length > block.Length - position)
        {
            return null;
        }

        var start = position;
        position += length;
        return (start, length, isHuffman);
    }

    private static int? ReadNumber(ReadOnlySpan<byte> block, ref int position, int prefixBits)
    {
        // Lengths and indexes of a block that fits a frame need no more than three bytes beyond the prefix.
        const int ShiftMax = 14;
        var mask = (1 << prefixBits) - 1;
        var value = block[position++] & mask;
        if (value < mask)
        {
            return value;
        }

        for (var shift = 0; shift <= ShiftMax && position < block.Length; shift += 7)
        {
            var octet = block[position++];
            value += (octet & 0x7f) << shift;
            if ((octet & 0x80) == 0)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Writes so many letters that they fill the output in Huffman code; false if no letters do.</summary>
    private static bool WriteLetters(int letters, Span<byte> output)
    {
        var longer = (output.Length * BitsPerByte) - (letters * ShortestBits);
        // Padding is fewer than eight bits, so a text of the longest letters may leave some.
        var longest = Letters.Length - 1;
        longer = Math.Min(longer, letters * longest);
        if (longer < 0 || (output.Length * BitsPerByte) - (letters * ShortestBits) - longer >= BitsPerByte)
        {
            return false;
        }

        output.Fill(byte.MaxValue);
        var bit = 0;
        for (var i = 0; i < letters; i++)
        {
            var extra = Math.Min(longest, longer);
            longer -= extra;
            var length = ShortestBits + extra;
            for (var j = length - 1; j >= 0; j--, bit++)
            {
                if (((Letters[extra].Code >> j) & 1) == 0)
                {
                    output[bit / BitsPerByte] &= (byte)~(0x80 >> (bit % BitsPerByte));
                }
            }
        }

        return true;
    }
}
