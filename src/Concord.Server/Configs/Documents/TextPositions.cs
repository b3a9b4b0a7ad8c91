using System.Text;

namespace Concord.Server.Configs.Documents;

/// <summary>
/// Lines and columns, from 1, of places in a text. Columns count UTF-16 units, as editors do. Asked in rising order of
/// offsets, a whole document costs one pass.
/// </summary>
internal sealed class TextPositions(byte[] utf8)
{
    private int _offset;
    private int _line = 1;
    private int _lineStart;

    public (int Line, int Column) At(long offset)
    {
        var end = (int)Math.Clamp(offset, 0, utf8.Length);
        if (end < _offset)
        {
            (_offset, _line, _lineStart) = (0, 1, 0);
        }

        var passed = utf8.AsSpan(_offset, end - _offset);
        var newline = passed.LastIndexOf((byte)'\n');
        if (newline >= 0)
        {
            _line += passed.Count((byte)'\n');
            _lineStart = _offset + newline + 1;
        }

        _offset = end;
        return (_line, Encoding.UTF8.GetCharCount(utf8, _lineStart, end - _lineStart) + 1);
    }

    /// <summary>The place that a reader names by line (from 0) and byte in that line.</summary>
    public (int Line, int Column) At(long line, long byteInLine)
    {
        var start = 0;
        for (var i = 0L; i < line; i++)
        {
            start += utf8.AsSpan(start).IndexOf((byte)'\n') + 1;
        }

        return At(start + byteInLine);
    }

    public static (int Line, int Column) OfChar(ReadOnlySpan<char> text, int offset)
    {
        var before = text[..Math.Min(offset, text.Length)];
        return (before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }
}
