using Concord.Client;
using Concord.Client.Configs;
using Concord.Extensions.Following;
using Concord.Extensions.Live;
using Concord.Tests.Client;

namespace Concord.Tests.Extensions;

public sealed class ReadSetTests
{
    [Theory]
    [InlineData("Pricing:Discount", true)]
    [InlineData("pricing:DISCOUNT", true)]
    [InlineData("Pricing:Discount:Deeper", false)]
    [InlineData("Shop:Hours", true)]
    [InlineData("Shop:Hours:Monday:From", true)]
    [InlineData("Shop", true)]
    [InlineData("Shopping:Hours", false)]
    [InlineData("Pricing", false)]
    [InlineData("Other", false)]
    public async Task A_change_touches_read_keys_and_everything_in_listed_sections(string changed, bool expected)
    {
        await using var client = new ConcordClient(TestClients.Options(TestClients.Dead()));
        await using var follower = Follower(client);
        var reads = new ReadSet();
        reads.AddKey(follower, "Pricing:Discount");
        reads.AddSection(follower, "Shop");

        Assert.Equal(expected, reads.IsTouchedBy(follower, new HashSet<string> { changed }));
    }

    [Fact]
    public async Task Whoever_listed_the_root_is_touched_by_everything_and_by_nothing_of_another_source()
    {
        await using var client = new ConcordClient(TestClients.Options(TestClients.Dead()));
        await using var follower = Follower(client);
        await using var other = Follower(client);
        var reads = new ReadSet();
        reads.AddSection(follower, null);

        Assert.True(reads.IsTouchedBy(follower, new HashSet<string> { "Any:Thing" }));
        Assert.False(reads.IsTouchedBy(other, new HashSet<string> { "Any:Thing" }));
    }

    private static ConfigFollower Follower(ConcordClient client) => new(
        new FollowerSettings
        {
            Endpoints = client.Options.Endpoints,
            View = new ConfigurationView("orders", "dev"),
            Mapping = new KeyMapping(null, null),
            Optional = true,
            StartupBudget = TimeSpan.FromSeconds(1),
            CacheDirectory = null,
        },
        client);
}
