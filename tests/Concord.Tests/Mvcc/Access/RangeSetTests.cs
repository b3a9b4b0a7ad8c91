using System.Collections.Immutable;
using Concord.Mvcc;
using Concord.Mvcc.Auth;
using CsCheck;

namespace Concord.Tests.Mvcc.Access;

/// <summary>Merged ranges against asking every range about every key.</summary>
public sealed class RangeSetTests
{
    /// <summary>All texts up to three letters of an alphabet with both ends of a byte, and what follows them.</summary>
    private static readonly byte[][] Universe =
        [.. new[] { "", "\0", "a", "b", "\xff" }.SelectMany(x => new[] { "", "\0", "a", "\xff" }.SelectMany(y => new[] { "", "\0" }.Select(z => x + y + z)))
            .Where(key => key.Length > 0).Distinct().Select(Text.Bytes)];

    private static readonly Gen<byte[]> Key = Gen.OneOf("\0", "a", "a\0", "aa", "a\xff", "b", "ba", "\xff", "\xff\xff").Select(Text.Bytes);

    private static readonly Gen<KeyRange> AnyRange = Gen.Frequency(
        (4, Key.Select(key => KeyRange.Single(key))),
        (5, Gen.Select(Key, Key, (start, end) => new KeyRange(start, end))),
        (1, Key.Select(start => KeyRange.From(start))),
        (2, Key.Select(prefix => KeyRange.Prefix(prefix))),
        (1, Gen.Const(KeyRange.All)));

    [Fact]
    public void Covers_what_every_key_of_is_in_some_range() => Gen.Select(AnyRange.Array[0, 6], AnyRange).Sample((ranges, asked) =>
    {
        var set = RangeSet.Of(ranges);
        var keys = Keys(asked).ToList();
        var expected = asked.IsEmpty ? IsIn(ranges, asked.Start.Span) : keys.All(key => IsIn(ranges, key)) && HasNoHole(ranges, asked);
        Assert.Equal(expected, set.Covers(asked));
    }, iter: 20_000);

    [Fact]
    public void Overlaps_when_some_key_is_in_both() => Gen.Select(AnyRange.Array[0, 5], AnyRange).Sample((ranges, asked) =>
        Assert.Equal(
            Keys(asked).Any(key => IsIn(ranges, key)) || ranges.Any(range => Keys(range).Any(key => asked.Contains(key))),
            RangeSet.Of(ranges).Overlaps(asked)), iter: 20_000);

    [Fact]
    public void Without_leaves_what_is_outside_of_the_hole() => Gen.Select(AnyRange.Array[0, 5], AnyRange.Where(hole => !hole.IsEmpty)).Sample((ranges, hole) =>
    {
        var left = RangeSet.Of(ranges).Without(hole);
        foreach (var key in Universe)
        {
            Assert.Equal(IsIn(ranges, key) && !hole.Contains(key), left.Covers(KeyRange.Single(key)));
        }

        Assert.False(left.Overlaps(hole));
    }, iter: 20_000);

    [Fact]
    public void Counting_by_intervals_and_asking_key_by_key_agree() => Gen.Select(AnyRange.Array[0, 4], Gen.Int[0, 1 << 15]).Sample((ranges, picks) =>
    {
        var keys = ImmutableSortedSet.Create(KeyComparer.Instance, [.. Universe.Where((_, i) => (picks >> (i % 15) & 1) == 1)]);
        Assert.Equal(keys.All(key => IsIn(ranges, key)), RangeSet.Of(ranges).CoversAll(keys));
    }, iter: 20_000);

    private static bool IsIn(IEnumerable<KeyRange> ranges, ReadOnlySpan<byte> key)
    {
        foreach (var range in ranges)
        {
            if (range.Contains(key))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Every key next to a bound of any range is asked too, so that a hole between two keys of the small universe is found: a
    /// union of ranges changes at bounds only.
    /// </summary>
    private static bool HasNoHole(KeyRange[] ranges, KeyRange asked)
    {
        foreach (var range in ranges.Append(asked))
        {
            foreach (var bound in new[] { range.Start.ToArray(), range.End.ToArray() })
            {
                foreach (var near in new byte[][] { bound, [.. bound, 0], [.. bound, 0, 0], [.. bound, 255, 255, 255] })
                {
                    if (near.Length > 0 && asked.Contains(near) && !IsIn(ranges, near))
                    {
                        return false;
                    }
                }
            }
        }

        return true;
    }

    private static IEnumerable<byte[]> Keys(KeyRange range) => Universe.Where(key => range.Contains(key)).Append(range.Start.ToArray()).Where(key => range.Contains(key));
}
