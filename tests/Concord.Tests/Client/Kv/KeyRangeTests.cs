using CsCheck;
using KeyRange = Concord.Client.Kv.KeyRange;

namespace Concord.Tests.Client.Kv;

public sealed class KeyRangeTests
{
    private static readonly Gen<byte[]> Bytes = Gen.OneOf(Gen.Byte, Gen.Const((byte)0xff), Gen.Const((byte)0)).Array[0, 4];

    /// <summary>Against the definition: a key is in the range of a prefix when it starts with the prefix.</summary>
    [Fact]
    public void A_prefix_holds_exactly_the_keys_that_start_with_it() =>
        Gen.Select(Bytes, Bytes.Where(key => key.Length > 0)).Sample((prefix, key) =>
            Assert.Equal(key.AsSpan().StartsWith(prefix), Holds(KeyRange.Prefix(prefix), key)));

    [Fact]
    public void What_follows_a_key_is_the_rest_of_the_range_without_it() =>
        Gen.Select(Bytes.Where(key => key.Length > 0), Bytes.Where(key => key.Length > 0)).Sample((at, key) =>
            Assert.Equal(key.AsSpan().SequenceCompareTo(at) > 0, Holds(KeyRange.All.After(at), key)));

    [Fact]
    public void Empty_keys_and_ends_are_refused_with_what_to_use_instead()
    {
        Assert.Contains("KeyRange.All", Assert.Throws<ArgumentException>(() => KeyRange.Single("")).Message, StringComparison.Ordinal);
        Assert.Contains("KeyRange.From", Assert.Throws<ArgumentException>(() => KeyRange.Between("a", "")).Message, StringComparison.Ordinal);
    }

    private static bool Holds(KeyRange range, byte[] key) =>
        range.Start.CompareTo(key) <= 0 && (range.End.Span is [0] || range.End.CompareTo(key) > 0);
}
