namespace Concord.Benchmarks.Http2;

/// <summary>The static table of RFC 7541 (appendix A) in front of a dynamic one. Indexes start at 1.</summary>
internal sealed class HpackTable(int sizeMax)
{
    /// <summary>What an entry costs above its text (section 4.1).</summary>
    private const int EntryOverhead = 32;

    private static readonly (string Name, string Value)[] Static =
    [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""),
        ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""),
        ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""),
        ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""),
        ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
        ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""),
        ("www-authenticate", ""),
    ];

    // The newest entry is the last.
    private readonly List<(string Name, string Value)> _dynamic = [];
    private int _size;
    private int _sizeMax = sizeMax;

    public (string Name, string Value) this[int index]
    {
        get
        {
            if (index >= 1 && index <= Static.Length)
            {
                return Static[index - 1];
            }

            var position = _dynamic.Count - (index - Static.Length);
            return position >= 0 && position < _dynamic.Count
                ? _dynamic[position]
                : throw new InvalidDataException($"The server refers to header {index}, which its table does not have.");
        }
    }

    /// <summary>The index of an entry, or 0.</summary>
    public int Find(string name, string value)
    {
        var position = _dynamic.IndexOf((name, value));
        return position >= 0 ? Static.Length + _dynamic.Count - position : Array.IndexOf(Static, (name, value)) + 1;
    }

    public static int FindName(string name) => Array.FindIndex(Static, entry => entry.Name == name) + 1;

    public void Add(string name, string value)
    {
        _dynamic.Add((name, value));
        _size += SizeOf((name, value));
        Evict();
    }

    public void Resize(int sizeMax)
    {
        _sizeMax = sizeMax;
        Evict();
    }

    private static int SizeOf((string Name, string Value) entry) => entry.Name.Length + entry.Value.Length + EntryOverhead;

    private void Evict()
    {
        var count = 0;
        for (; _size > _sizeMax; count++)
        {
            _size -= SizeOf(_dynamic[count]);
        }

        _dynamic.RemoveRange(0, count);
    }
}
