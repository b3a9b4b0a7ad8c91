using Concord.Client.Subscriptions;
using Concord.Extensions.Following;

namespace Concord.Tests.Extensions;

public sealed class KeyMappingTests
{
    [Theory]
    [InlineData(null, null, "Orders:Pricing:Discount", "Orders:Pricing:Discount")]
    [InlineData("orders:", null, "Orders:Pricing:Discount", "Pricing:Discount")]
    [InlineData("Orders", null, "Orders:Pricing:Discount", "Pricing:Discount")]
    [InlineData("Billing:", null, "Orders:Pricing:Discount", "Orders:Pricing:Discount")]
    [InlineData(null, "Remote", "Pricing:Discount", "Remote:Pricing:Discount")]
    [InlineData("Orders:", "Remote:", "Orders:Pricing:Discount", "Remote:Pricing:Discount")]
    public void Prefixes_come_off_and_on(string? trim, string? prefix, string key, string expected) =>
        Assert.Equal(expected, Assert.Single(new KeyMapping(trim, prefix).Map(Snapshot((key, "x")))).Key);

    [Fact]
    public void A_key_that_is_nothing_but_the_prefix_disappears() =>
        Assert.Empty(new KeyMapping("Orders", null).Map(Snapshot(("Orders", "x"))));

    [Fact]
    public void Of_keys_that_differ_in_case_only_the_last_in_byte_order_wins_in_whatever_order_they_come()
    {
        var mapping = new KeyMapping(null, null);

        Assert.Equal("lower", mapping.Map(Snapshot(("a", "lower"), ("A", "upper")))["A"]);
        Assert.Equal("lower", mapping.Map(Snapshot(("A", "upper"), ("a", "lower")))["A"]);
    }

    private static SettingsSnapshot Snapshot(params (string Key, string Value)[] settings) =>
        new(settings.ToDictionary(pair => pair.Key, pair => pair.Value), "v", 1, 1, []);
}
