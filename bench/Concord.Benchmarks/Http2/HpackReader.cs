using System.Text;
using Concord.Server.Hosting.Http2;

namespace Concord.Benchmarks.Http2;

/// <summary>Reads the header blocks of one connection, in order (RFC 7541, section 6).</summary>
internal sealed class HpackReader
{
    /// <summary>The default of the setting, which this client does not change.</summary>
    private const int TableSize = 4096;

    private readonly HpackTable _table = new(TableSize);

    public void Read(ReadOnlySpan<byte> block, List<(string Name, string Value)> headers)
    {
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                headers.Add(_table[ReadNumber(ref block, 7)]);
            }
            else if ((first & 0xe0) == 0x20)
            {
                _table.Resize(ReadNumber(ref block, 5));
            }
            else
            {
                var isKept = (first & 0x40) != 0;
                var index = ReadNumber(ref block, isKept ? 6 : 4);
                var name = index == 0 ? ReadText(ref block) : _table[index].Name;
                var value = ReadText(ref block);
                headers.Add((name, value));
                if (isKept)
                {
                    _table.Add(name, value);
                }
            }
        }
    }

    private static string ReadText(ref ReadOnlySpan<byte> block)
    {
        var isHuffman = (block[0] & 0x80) != 0;
        var length = ReadNumber(ref block, 7);
        var data = block[..length];
        block = block[length..];
        return isHuffman ? HpackHuffman.Decode(data) : Encoding.ASCII.GetString(data);
    }

    private static int ReadNumber(ref ReadOnlySpan<byte> block, int prefixBits)
    {
        var mask = (1 << prefixBits) - 1;
        var value = block[0] & mask;
        block = block[1..];
        if (value < mask)
        {
            return value;
        }

        for (var shift = 0; ; shift += 7)
        {
            var octet = block[0];
            block = block[1..];
            value = checked(value + ((octet & 0x7f) << shift));
            if ((octet & 0x80) == 0)
            {
                return value;
            }
        }
    }
}
