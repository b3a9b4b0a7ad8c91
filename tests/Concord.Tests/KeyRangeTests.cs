using Concord.Mvcc;

namespace Concord.Tests;

public sealed class KeyRangeTests
{
    [Fact]
    public void A_prefix_ends_before_the_next_sibling() =>
        Assert.True(KeyRange.Prefix("a\xff"u8.ToArray()).Contains("a\xff b"u8));
}
