using System.Collections.Immutable;

namespace Concord.Mvcc.Auth;

/// <summary>
/// A set of keys as sorted intervals that neither overlap nor touch, so that whether a range is covered is one search.
/// A single key is the interval from it to its successor (itself and a zero byte).
/// </summary>
internal sealed class RangeSet
{
    private readonly Interval[] _intervals;

    private RangeSet(Interval[] intervals) => _intervals = intervals;

    /// <summary>[Start, End); without an end, every key from the start on.</summary>
    private readonly record struct Interval(byte[] Start, byte[]? End)
    {
        public static Interval Of(KeyRange range) => new(
            range.Start.ToArray(),
            range.IsToEnd ? null : range.IsSingle || range.IsEmpty ? [.. range.Start.Span, 0] : range.End.ToArray());

        public bool EndsBefore(ReadOnlySpan<byte> key) => End is not null && End.AsSpan().SequenceCompareTo(key) < 0;

        public bool Holds(ReadOnlySpan<byte> key) =>
            key.SequenceCompareTo(Start) >= 0 && (End is null || key.SequenceCompareTo(End) < 0);
    }

    public static RangeSet All { get; } = new([new([], null)]);

    /// <summary>An interval that no key can be in adds nothing.</summary>
    public static RangeSet Of(IEnumerable<KeyRange> ranges)
    {
        var sorted = ranges.Where(range => !range.IsEmpty).Select(Interval.Of)
            .OrderBy(interval => interval.Start, KeyComparer.Instance).ToList();
        var merged = new List<Interval>(sorted.Count);
        foreach (var next in sorted)
        {
            if (merged.Count > 0 && !merged[^1].EndsBefore(next.Start))
            {
                merged[^1] = new(merged[^1].Start, Later(merged[^1].End, next.End));
            }
            else
            {
                merged.Add(next);
            }
        }

        return new([.. merged]);
    }

    /// <summary>
    /// Whether every key of the range is in the set. A range that no key can be in counts as its start: who may not read the
    /// key has no business asking.
    /// </summary>
    public bool Covers(KeyRange range)
    {
        var at = At(range.Start.Span);
        if (at < 0 || !_intervals[at].Holds(range.Start.Span))
        {
            return false;
        }

        var end = _intervals[at].End;
        return end is null
            || range.IsSingle || range.IsEmpty
            || (!range.IsToEnd && range.End.Span.SequenceCompareTo(end) <= 0);
    }

    /// <summary>Whether some key is in both.</summary>
    public bool Overlaps(KeyRange range)
    {
        if (range.IsEmpty)
        {
            return false;
        }

        var asked = Interval.Of(range);
        var at = At(asked.Start);
        if (at >= 0 && _intervals[at].Holds(asked.Start))
        {
            return true;
        }

        return at + 1 < _intervals.Length && asked.Holds(_intervals[at + 1].Start);
    }

    public RangeSet Without(KeyRange range)
    {
        var hole = Interval.Of(range);
        var left = new List<Interval>(_intervals.Length + 1);
        foreach (var interval in _intervals)
        {
            // Below the hole, and above it.
            var end = interval.End is null || interval.End.AsSpan().SequenceCompareTo(hole.Start) > 0 ? hole.Start : interval.End;
            if (interval.Start.AsSpan().SequenceCompareTo(end) < 0)
            {
                left.Add(new(interval.Start, end));
            }

            if (hole.End is null || interval.EndsBefore(hole.End))
            {
                continue;
            }

            var start = interval.Start.AsSpan().SequenceCompareTo(hole.End) > 0 ? interval.Start : hole.End;
            if (interval.End is null || start.AsSpan().SequenceCompareTo(interval.End) < 0)
            {
                left.Add(new(start, interval.End));
            }
        }

        return new([.. left]);
    }

    /// <summary>
    /// Whether all of many keys are in the set: by counting those within each interval, which takes as long as there are
    /// intervals, or key by key, whichever are fewer. A lease may hold a hundred thousand keys.
    /// </summary>
    public bool CoversAll(ImmutableSortedSet<byte[]> keys)
    {
        if (keys.Count <= _intervals.Length)
        {
            foreach (var key in keys)
            {
                if (!Covers(KeyRange.Single(key)))
                {
                    return false;
                }
            }

            return true;
        }

        var covered = 0;
        foreach (var interval in _intervals)
        {
            covered += (interval.End is null ? keys.Count : PlaceOf(keys, interval.End)) - PlaceOf(keys, interval.Start);
        }

        return covered == keys.Count;
    }

    /// <summary>The last interval that starts at or before a key, or -1.</summary>
    private int At(ReadOnlySpan<byte> key)
    {
        var low = 0;
        var high = _intervals.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_intervals[middle].Start.AsSpan().SequenceCompareTo(key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private static int PlaceOf(ImmutableSortedSet<byte[]> keys, byte[] key)
    {
        var place = keys.IndexOf(key);
        return place >= 0 ? place : ~place;
    }

    private static byte[]? Later(byte[]? left, byte[]? right) =>
        left is null || right is null ? null : left.AsSpan().SequenceCompareTo(right) >= 0 ? left : right;
}
