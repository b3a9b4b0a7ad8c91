namespace Concord.Mvcc;

/// <summary>
/// A set of neighbouring keys in byte order, in etcd's convention: an empty <see cref="End"/> means the one key
/// <see cref="Start"/>; an <see cref="End"/> of the single byte 0x00 means every key from <see cref="Start"/> on;
/// anything else is the half-open interval [Start, End), empty when Start ≥ End.
/// </summary>
public readonly struct KeyRange
{
    private static readonly byte[] ToTheEnd = [0];

    public KeyRange(ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> end)
    {
        Start = start;
        End = end;
    }

    public ReadOnlyMemory<byte> Start { get; }

    public ReadOnlyMemory<byte> End { get; }

    public static KeyRange All => new(ToTheEnd, ToTheEnd);

    public bool IsSingle => End.IsEmpty;

    public bool IsToEnd => End.Length == 1 && End.Span[0] == 0;

    /// <summary>True for an interval that no key can be in (Start ≥ End).</summary>
    public bool IsEmpty => !IsSingle && !IsToEnd && Start.Span.SequenceCompareTo(End.Span) >= 0;

    public static KeyRange Single(ReadOnlyMemory<byte> key) => new(key, default);

    public static KeyRange From(ReadOnlyMemory<byte> start) => new(start, ToTheEnd);

    /// <summary>Every key that begins with <paramref name="prefix"/>; an empty prefix is every key.</summary>
    public static KeyRange Prefix(ReadOnlyMemory<byte> prefix)
    {
        if (prefix.IsEmpty)
        {
            return All;
        }

        var end = prefix.ToArray();
        for (var i = end.Length - 1; i >= 0; i--)
        {
            if (end[i] != 0xff)
            {
                end[i]++;
                return new(prefix, end.AsMemory(0, i + 1));
            }
        }

        return From(prefix);
    }

    public bool Contains(ReadOnlySpan<byte> key)
    {
        if (IsSingle)
        {
            return key.SequenceEqual(Start.Span);
        }

        return key.SequenceCompareTo(Start.Span) >= 0 && (IsToEnd || key.SequenceCompareTo(End.Span) < 0);
    }
}
