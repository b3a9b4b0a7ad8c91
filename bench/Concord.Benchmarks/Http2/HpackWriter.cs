using System.Text;

namespace Concord.Benchmarks.Http2;

/// <summary>
/// Writes the header blocks of one connection. Everything goes into the table the first time and is one byte after that,
/// as with the clients in use.
/// </summary>
internal sealed class HpackWriter
{
    private const int TableSize = 4096;
    private const int OneByteIndexMax = 126;

    private readonly HpackTable _table = new(TableSize);

    /// <summary>Returns the bytes written. Names and values are short ASCII (below 127 bytes).</summary>
    public int Write(ReadOnlySpan<(string Name, string Value)> headers, Span<byte> output)
    {
        var written = 0;
        foreach (var (name, value) in headers)
        {
            var index = _table.Find(name, value);
            if (index > OneByteIndexMax)
            {
                throw new InvalidOperationException("The table of request headers is too long for one-byte indexes.");
            }

            if (index != 0)
            {
                output[written++] = (byte)(0x80 | index);
                continue;
            }

            var nameIndex = HpackTable.FindName(name);
            output[written++] = (byte)(0x40 | nameIndex);
            if (nameIndex == 0)
            {
                written += WriteText(name, output[written..]);
            }

            written += WriteText(value, output[written..]);
            _table.Add(name, value);
        }

        return written;
    }

    private static int WriteText(string text, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, OneByteIndexMax);
        output[0] = (byte)text.Length;
        return 1 + Encoding.ASCII.GetBytes(text, output[1..]);
    }
}
