using System.Text;

namespace Concord.Server.Hosting.Http2;

/// <summary>
/// Decodes the Huffman code of RFC 7541 (appendix B) for printable characters. The code is canonical: the lengths alone
/// give it.
/// </summary>
internal static class HpackHuffman
{
    private const int FirstCharacter = 32;
    private const int LongestPrintable = 19;

    /// <summary>The bits of each character from space to tilde, in base 36.</summary>
    private const string Lengths =
        "6aacd68baa8b8666" + "555666666678f6ca" + "d677777777777777" + "77777777878djde6" + "f565656665776665" + "67655677777fbed";

    /// <summary>The shortest length that characters outside this alphabet share with it, and how many they are.</summary>
    private const int NulLength = 13;

    private static readonly Dictionary<(int Length, int Code), char> Characters = Build();

    /// <exception cref="InvalidDataException">There is a character that is not printable ASCII.</exception>
    public static string Decode(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder(data.Length * 2);
        var (code, length) = (0, 0);
        foreach (var octet in data)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                code = (code << 1) | ((octet >> bit) & 1);
                length++;
                if (Characters.TryGetValue((length, code), out var character))
                {
                    text.Append(character);
                    (code, length) = (0, 0);
                }
                else if (length > LongestPrintable)
                {
                    throw new InvalidDataException("A header has characters that are not printable.");
                }
            }
        }

        // What is left is padding: fewer than eight ones.
        return text.ToString();
    }

    private static Dictionary<(int Length, int Code), char> Build()
    {
        var characters = new Dictionary<(int Length, int Code), char>();
        var code = 0;
        // Longer codes are shared with control characters and octets above 127, in an order that is not needed here:
        // '\' (19 bits) is the one printable character there, and the first of its length.
        for (var length = 1; length <= LongestPrintable; length++)
        {
            code <<= 1;
            code += length == NulLength ? 1 : 0;
            for (var i = 0; i < Lengths.Length; i++)
            {
                var digit = Lengths[i];
                if (length == (digit <= '9' ? digit - '0' : digit - 'a' + 10))
                {
                    characters.Add((length, code++), (char)(FirstCharacter + i));
                }
            }
        }

        return characters;
    }
}
