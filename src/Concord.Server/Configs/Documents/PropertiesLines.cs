using System.Text;

namespace Concord.Server.Configs.Documents;

/// <summary>One setting of a .properties document: its parts and where they stand in the text (UTF-16 offsets).</summary>
/// <param name="Start">Of the first physical line, <paramref name="End"/> is behind the last one's line break.</param>
/// <param name="ValueEnd">Behind the last character of the value; before the line break.</param>
internal readonly record struct PropertiesLine(IReadOnlyList<PropertiesSegment> Key, string Value, int Start, int KeyStart, int ValueStart, int ValueEnd, int End);

/// <param name="IsIndex">Written <c>[0]</c>: an element of a list.</param>
internal readonly record struct PropertiesSegment(string Name, bool IsIndex);

/// <summary>
/// The lines of a .properties document, in Java's syntax: <c>#</c> and <c>!</c> comments, <c>=</c>, <c>:</c> or
/// white space between key and value, backslash escapes, continued lines. In a key an unescaped <c>.</c> or an escaped
/// <c>\:</c> separates parts and <c>[0]</c> is an index; <c>\.</c> is a dot inside a part.
/// </summary>
internal ref struct PropertiesLines(string text)
{
    private readonly string _text = text;
    private int _at;

    public PropertiesLine Current { get; private set; }

    public readonly PropertiesLines GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_at < _text.Length)
        {
            var start = _at;
            SkipBlanks();
            if (_at == _text.Length)
            {
                return false;
            }

            if (_text[_at] is '\r' or '\n')
            {
                SkipLineBreak();
            }
            else if (_text[_at] is '#' or '!')
            {
                SkipToLineEnd();
                SkipLineBreak();
            }
            else
            {
                ReadSetting(start);
                return true;
            }
        }

        return false;
    }

    private void ReadSetting(int start)
    {
        var keyStart = _at;
        var key = ReadKey(start);
        SkipBlanksAndContinuations();
        if (_at < _text.Length && _text[_at] is '=' or ':')
        {
            _at++;
            SkipBlanksAndContinuations();
        }

        var valueStart = _at;
        var value = new StringBuilder();
        while (_at < _text.Length && _text[_at] is not ('\r' or '\n'))
        {
            ReadCharacter(value);
        }

        var valueEnd = _at;
        SkipLineBreak();
        Current = new(key, value.ToString(), start, keyStart, valueStart, valueEnd, _at);
    }

    private List<PropertiesSegment> ReadKey(int start)
    {
        var segments = new List<PropertiesSegment>();
        var part = new StringBuilder();
        var afterIndex = false;
        while (_at < _text.Length && _text[_at] is not ('=' or ':' or ' ' or '\t' or '\f' or '\r' or '\n'))
        {
            if (_text[_at] == '.' || Next("\\:"))
            {
                // A dot right after an index only separates: a[0].b
                if (part.Length > 0 || !afterIndex)
                {
                    segments.Add(new(part.ToString(), false));
                }

                (afterIndex, _at) = (false, _at + (_text[_at] == '.' ? 1 : 2));
                part.Clear();
            }
            else if (_text[_at] == '[' && TryReadIndex(out var index))
            {
                if (part.Length > 0)
                {
                    segments.Add(new(part.ToString(), false));
                    part.Clear();
                }

                segments.Add(new(index, true));
                afterIndex = true;
            }
            else
            {
                ReadCharacter(part);
            }
        }

        if (part.Length > 0 || !afterIndex)
        {
            segments.Add(new(part.ToString(), false));
        }

        return segments.TrueForAll(static segment => segment.Name.Length > 0)
            ? segments
            : throw Malformed("A key has an empty part.", "Name every part of the key; parts are separated by '.'.", start);
    }

    /// <summary>Reads <c>[12]</c>; anything else in brackets is text.</summary>
    private bool TryReadIndex(out string index)
    {
        var close = _text.AsSpan(_at + 1).IndexOf(']');
        index = close is > 0 and <= 9 ? _text.Substring(_at + 1, close) : "";
        if (index.Length == 0 || !index.All(char.IsAsciiDigit) || (index.Length > 1 && index[0] == '0'))
        {
            return false;
        }

        _at += close + 2;
        return true;
    }

    private void ReadCharacter(StringBuilder output)
    {
        var c = _text[_at++];
        if (c != '\\')
        {
            output.Append(c);
            return;
        }

        if (_at == _text.Length)
        {
            return;
        }

        c = _text[_at++];
        switch (c)
        {
            case '\r' or '\n':
                _at--;
                SkipLineBreak();
                SkipBlanks();
                break;
            case 'u':
                ReadUnicode(output);
                break;
            default:
                output.Append(c switch { 't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', _ => c });
                break;
        }
    }

    private void ReadUnicode(StringBuilder output)
    {
        if (_at + 4 > _text.Length || !ushort.TryParse(_text.AsSpan(_at, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var unit))
        {
            throw Malformed("A \\u escape needs four hexadecimal digits.", "Write it as \\u00e4, or write the character itself.", _at - 2);
        }

        output.Append((char)unit);
        _at += 4;
    }

    private readonly bool Next(string expected) => _text.AsSpan(_at).StartsWith(expected, StringComparison.Ordinal);

    private void SkipBlanks()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\f')
        {
            _at++;
        }
    }

    private void SkipBlanksAndContinuations()
    {
        SkipBlanks();
        while (Next("\\\n") || Next("\\\r"))
        {
            _at++;
            SkipLineBreak();
            SkipBlanks();
        }
    }

    private void SkipToLineEnd()
    {
        while (_at < _text.Length && _text[_at] is not ('\r' or '\n'))
        {
            _at++;
        }
    }

    private void SkipLineBreak()
    {
        if (Next("\r\n"))
        {
            _at += 2;
        }
        else if (_at < _text.Length && _text[_at] is '\r' or '\n')
        {
            _at++;
        }
    }

    private readonly Model.ConfigException Malformed(string message, string remedy, int offset)
    {
        var (line, column) = TextPositions.OfChar(_text, offset);
        return DocumentTree.Malformed(message, remedy, line, column);
    }
}
