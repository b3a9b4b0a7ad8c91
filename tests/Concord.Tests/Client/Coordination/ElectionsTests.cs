using Concord.Client;
using Concord.Client.Coordination;
using Concord.Tests.Etcd;

namespace Concord.Tests.Client.Coordination;

public sealed class ElectionsTests(EtcdServer server) : IClassFixture<EtcdServer>, IAsyncLifetime
{
    private readonly ConcordClient _client = new(TestClients.Options(new Uri(server.Url)));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task One_leads_proclaims_and_is_followed_and_everybody_sees_it()
    {
        await using var seen = _client.Elections.ObserveAsync("e/a", Stop).GetAsyncEnumerator(Stop);
        Assert.Null(await NextAsync(seen));
        Assert.Null(await _client.Elections.GetLeaderAsync("e/a", Stop));

        await using var one = await _client.Elections.CampaignAsync("e/a", "one", cancellationToken: Stop);
        Assert.Equal("one", (await NextAsync(seen))!.Value.ToString());
        Assert.True(await one.ProclaimAsync("one again", Stop));
        Assert.Equal("one again", (await NextAsync(seen))!.Value.ToString());
        var following = _client.Elections.CampaignAsync("e/a", "two", cancellationToken: Stop);
        await Wait.UntilAsync(async () => (await server.ListAsync("e/a/")).Count == 2, "the second campaigns");
        Assert.False(following.IsCompleted);
        Assert.Equal(new(one.Key, "one again", one.FencingToken), await _client.Elections.GetLeaderAsync("e/a", Stop));

        await one.DisposeAsync();
        await using var two = await following.WaitAsync(Wait.Bound, Stop);
        Assert.Equal(new(two.Key, "two", two.FencingToken), await NextAsync(seen));
        Assert.True(two.FencingToken > one.FencingToken);
        Assert.False(await one.ProclaimAsync("late", Stop));
    }

    [Fact]
    public async Task It_and_the_election_of_the_server_are_one()
    {
        var lease = (await server.Lease.LeaseGrantAsync(new() { TTL = 60 }, cancellationToken: Stop)).ID;
        await using var ours = await _client.Elections.CampaignAsync("e/b", "ours", cancellationToken: Stop);
        var theirs = server.Election.CampaignAsync(new() { Name = EtcdServer.Bytes("e/b"), Lease = lease, Value = EtcdServer.Bytes("theirs") }, cancellationToken: Stop).ResponseAsync;
        await Wait.UntilAsync(async () => (await server.ListAsync("e/b/")).Count == 2, "theirs campaigns");

        Assert.Equal("ours", (await server.Election.LeaderAsync(new() { Name = EtcdServer.Bytes("e/b") }, cancellationToken: Stop)).Kv.Value.ToStringUtf8());
        Assert.False(theirs.IsCompleted);
        await ours.DisposeAsync();
        await theirs.WaitAsync(Wait.Bound, Stop);
        Assert.Equal("theirs", (await _client.Elections.GetLeaderAsync("e/b", Stop))!.Value.ToString());
    }

    private static async Task<Leader?> NextAsync(IAsyncEnumerator<Leader?> seen)
    {
        Assert.True(await seen.MoveNextAsync().AsTask().WaitAsync(Wait.Bound, Stop));
        return seen.Current;
    }
}
