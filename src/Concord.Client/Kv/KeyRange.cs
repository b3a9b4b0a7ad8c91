namespace Concord.Client.Kv;

/// <summary>Which keys: one, or all from <see cref="Start"/> up to but without <see cref="End"/>.</summary>
public readonly record struct KeyRange
{
    /// <summary>On the wire one zero byte as the end stands for "no end".</summary>
    private static readonly byte[] NoEnd = [0];

    private KeyRange(KvBytes start, KvBytes end) => (Start, End) = (start, end);

    public KvBytes Start { get; }

    /// <summary>Empty for a single key; one zero byte for no end.</summary>
    public KvBytes End { get; }

    public bool IsSingle => End.IsEmpty;

    public static KeyRange All { get; } = new(NoEnd, NoEnd);

    public static KeyRange Single(KvBytes key)
    {
        if (key.IsEmpty)
            throw new ArgumentException("A key has at least one byte; for every key use KeyRange.All.", nameof(key));

        return new(key, default);
    }

    /// <summary>The key and every key after it.</summary>
    public static KeyRange From(KvBytes key) => new(key.IsEmpty ? NoEnd : key, NoEnd);

    public static KeyRange Between(KvBytes start, KvBytes end)
    {
        if (end.IsEmpty)
            throw new ArgumentException("The end of a range has at least one byte; for no end use KeyRange.From.", nameof(end));

        return new(start.IsEmpty ? NoEnd : start, end);
    }

    /// <summary>Every key that starts with these bytes.</summary>
    public static KeyRange Prefix(KvBytes prefix)
    {
        // The end is the prefix with its last byte that can still grow grown by one, and nothing behind it.
        var last = prefix.Span.LastIndexOfAnyExcept((byte)0xff);
        if (last < 0)
            return From(prefix);

        var end = prefix.Span[..(last + 1)].ToArray();
        end[last]++;
        return new(prefix, end);
    }

    /// <summary>The part of the range behind a key of it.</summary>
    internal KeyRange After(KvBytes key)
    {
        var next = new byte[key.Length + 1];
        key.Span.CopyTo(next);
        return new(next, End);
    }
}
