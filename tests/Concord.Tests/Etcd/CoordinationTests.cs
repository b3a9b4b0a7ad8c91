using Concord.Protocol.Etcd;
using Grpc.Core;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Etcd;

public sealed class CoordinationTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    [Fact]
    public async Task A_lock_is_a_key_of_name_and_lease_and_its_create_revision_is_the_token()
    {
        var lease = await GrantAsync();
        var held = await server.Lock.LockAsync(new LockRequest { Name = Bytes("lock/a"), Lease = lease });
        Assert.Equal($"lock/a/{lease:x}", held.Key.ToStringUtf8());
        var pair = (await server.Kv.RangeAsync(new RangeRequest { Key = held.Key })).Kvs[0];
        Assert.Equal((lease, held.Header.Revision), (pair.Lease, pair.CreateRevision));
        var again = await server.Lock.LockAsync(new LockRequest { Name = Bytes("lock/a"), Lease = lease });
        Assert.Equal(held.Key, again.Key);
        await server.Lock.UnlockAsync(new UnlockRequest { Key = held.Key });
        Assert.Empty((await server.ListAsync("lock/a/")).Kvs);
        await server.Lock.UnlockAsync(new UnlockRequest { Key = held.Key });
    }

    [Fact]
    public async Task Whoever_waits_gets_the_lock_when_the_holder_lets_go()
    {
        var (first, second) = (await GrantAsync(), await GrantAsync());
        var held = await server.Lock.LockAsync(new LockRequest { Name = Bytes("lock/b"), Lease = first });
        var waiting = server.Lock.LockAsync(new LockRequest { Name = Bytes("lock/b"), Lease = second }).ResponseAsync;
        await UntilAsync(async () => (await server.ListAsync("lock/b/")).Count == 2);
        Assert.False(waiting.IsCompleted);
        await server.Lease.LeaseRevokeAsync(new LeaseRevokeRequest { ID = first });
        var next = await waiting.WaitAsync(Patience);
        Assert.Equal($"lock/b/{second:x}", next.Key.ToStringUtf8());
        Assert.NotEqual(held.Key, next.Key);
    }

    [Fact]
    public async Task Whoever_stops_waiting_leaves_the_queue()
    {
        var (first, second) = (await GrantAsync(), await GrantAsync());
        await server.Lock.LockAsync(new LockRequest { Name = Bytes("lock/c"), Lease = first });
        using (var waiting = server.Lock.LockAsync(new LockRequest { Name = Bytes("lock/c"), Lease = second }))
        {
            await UntilAsync(async () => (await server.ListAsync("lock/c/")).Count == 2);
        }

        await UntilAsync(async () => (await server.ListAsync("lock/c/")).Count == 1);
        Assert.Equal(first, (await server.ListAsync("lock/c/")).Kvs[0].Lease);
    }

    [Fact]
    public async Task A_waiter_whose_lease_ended_is_told_that_its_session_expired()
    {
        var (first, second) = (await GrantAsync(), await GrantAsync());
        var held = await server.Lock.LockAsync(new LockRequest { Name = Bytes("lock/d"), Lease = first });
        var waiting = server.Lock.LockAsync(new LockRequest { Name = Bytes("lock/d"), Lease = second }).ResponseAsync;
        await UntilAsync(async () => (await server.ListAsync("lock/d/")).Count == 2);
        await server.Lease.LeaseRevokeAsync(new LeaseRevokeRequest { ID = second });
        await server.Lock.UnlockAsync(new UnlockRequest { Key = held.Key });
        await RefusedAsync(StatusCode.Unknown, "mutex: session is expired", () => waiting.WaitAsync(Patience));
    }

    [Fact]
    public async Task Without_a_lease_the_server_grants_one_of_a_minute()
    {
        var held = await server.Lock.LockAsync(new LockRequest { Name = Bytes("lock/e") });
        var lease = (await server.Kv.RangeAsync(new RangeRequest { Key = held.Key })).Kvs[0].Lease;
        Assert.Equal(60, (await server.Lease.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = lease })).GrantedTTL);
    }

    [Fact]
    public async Task A_leader_proclaims_resigns_and_is_followed()
    {
        var (first, second) = (await GrantAsync(), await GrantAsync());
        await RefusedAsync(StatusCode.Unknown, "election: no leader", () => server.Election.LeaderAsync(new LeaderRequest { Name = Bytes("elect/a") }).ResponseAsync);
        var one = (await CampaignAsync("elect/a", first, "one")).Leader;
        Assert.Equal(("elect/a", $"elect/a/{first:x}", first), (one.Name.ToStringUtf8(), one.Key.ToStringUtf8(), one.Lease));
        var two = CampaignAsync("elect/a", second, "two");
        await server.Election.ProclaimAsync(new ProclaimRequest { Leader = one, Value = Bytes("one again") });
        Assert.Equal("one again", (await server.Election.LeaderAsync(new LeaderRequest { Name = Bytes("elect/a") })).Kv.Value.ToStringUtf8());
        await UntilAsync(async () => (await server.ListAsync("elect/a/")).Count == 2);
        Assert.False(two.IsCompleted);

        await server.Election.ResignAsync(new ResignRequest { Leader = one });
        var leader = (await two.WaitAsync(Patience)).Leader;
        Assert.True(leader.Rev > one.Rev);
        await RefusedAsync(
            StatusCode.Unknown,
            "election: not leader",
            () => server.Election.ProclaimAsync(new ProclaimRequest { Leader = one, Value = Bytes("late") }).ResponseAsync);
        await RefusedAsync(
            StatusCode.Unknown,
            "\"leader\" field must be provided",
            () => server.Election.ResignAsync(new ResignRequest()).ResponseAsync);
    }

    [Fact]
    public async Task A_second_campaign_of_the_same_lease_keeps_the_place_with_the_new_value()
    {
        var lease = await GrantAsync();
        var first = await CampaignAsync("elect/b", lease, "one");
        var second = await CampaignAsync("elect/b", lease, "two");
        Assert.Equal(first.Leader.Rev, second.Leader.Rev);
        Assert.Equal("two", (await server.GetAsync(first.Leader.Key.ToStringUtf8())).Kvs[0].Value.ToStringUtf8());
    }

    [Fact]
    public async Task Observers_see_the_present_leader_and_each_later_one()
    {
        var (first, second) = (await GrantAsync(), await GrantAsync());
        using var call = server.Election.Observe(new LeaderRequest { Name = Bytes("elect/c") });
        var one = (await CampaignAsync("elect/c", first, "one")).Leader;
        Assert.Equal("one", await NextAsync(call));
        await server.Election.ProclaimAsync(new ProclaimRequest { Leader = one, Value = Bytes("one again") });
        Assert.Equal("one again", await NextAsync(call));
        var two = CampaignAsync("elect/c", second, "two");
        await server.Election.ResignAsync(new ResignRequest { Leader = one });
        await two.WaitAsync(Patience);
        Assert.Equal("two", await NextAsync(call));
    }

    private static async Task<string> NextAsync(AsyncServerStreamingCall<LeaderResponse> call)
    {
        using var patience = new CancellationTokenSource(Patience);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        return call.ResponseStream.Current.Kv.Value.ToStringUtf8();
    }

    private Task<CampaignResponse> CampaignAsync(string name, long lease, string value) =>
        server.Election.CampaignAsync(new CampaignRequest { Name = Bytes(name), Lease = lease, Value = Bytes(value) }).ResponseAsync;

    private async Task<long> GrantAsync() => (await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 60 })).ID;

    /// <summary>Each look is a call over the network, so this does not spin.</summary>
    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
