using Concord.Protocol.Etcd;
using Grpc.Core;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Etcd;

public sealed class LeaseServiceTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    [Fact]
    public async Task A_short_lease_is_raised_to_one_election_and_a_half_and_gets_a_positive_number()
    {
        var granted = await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 1 });
        Assert.Equal(2, granted.TTL);
        Assert.True(granted.ID > 0);
        Assert.NotEqual(0, granted.Header.Revision);
        Assert.Equal("", granted.Error);
    }

    [Fact]
    public async Task A_lease_is_refused_when_it_exists_or_is_too_long()
    {
        await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { ID = 77, TTL = 60 });
        await RefusedAsync(
            StatusCode.FailedPrecondition,
            "etcdserver: lease already exists",
            () => server.Lease.LeaseGrantAsync(new LeaseGrantRequest { ID = 77, TTL = 60 }).ResponseAsync);
        await RefusedAsync(
            StatusCode.OutOfRange,
            "etcdserver: too large lease TTL",
            () => server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 9_000_000_001 }).ResponseAsync);
    }

    [Fact]
    public async Task A_revoke_deletes_the_keys_in_one_revision_and_an_unknown_lease_is_an_error()
    {
        var lease = (await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 60 })).ID;
        await server.PutAsync("revoke/a", "1", lease);
        var before = (await server.PutAsync("revoke/b", "2", lease)).Header.Revision;
        var revoked = await server.Lease.LeaseRevokeAsync(new LeaseRevokeRequest { ID = lease });
        Assert.Equal(before + 1, revoked.Header.Revision);
        Assert.Empty((await server.ListAsync("revoke/")).Kvs);
        await RefusedAsync(
            StatusCode.NotFound,
            "etcdserver: requested lease not found",
            () => server.Lease.LeaseRevokeAsync(new LeaseRevokeRequest { ID = lease }).ResponseAsync);
    }

    [Fact]
    public async Task Time_to_live_tells_what_is_left_what_was_granted_and_the_keys()
    {
        var lease = (await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 60 })).ID;
        await server.PutAsync("ttl/b", "1", lease);
        await server.PutAsync("ttl/a", "1", lease);
        var answer = await server.Lease.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = lease, Keys = true });
        Assert.Equal((lease, 60L), (answer.ID, answer.GrantedTTL));
        Assert.InRange(answer.TTL, 50, 60);
        Assert.Equal(["ttl/a", "ttl/b"], answer.Keys.Select(key => key.ToStringUtf8()));
        Assert.Empty((await server.Lease.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = lease })).Keys);
    }

    [Fact]
    public async Task Time_to_live_of_an_unknown_lease_is_minus_one_and_no_error()
    {
        var answer = await server.Lease.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = 404, Keys = true });
        Assert.Equal((404L, -1L, 0L), (answer.ID, answer.TTL, answer.GrantedTTL));
    }

    [Fact]
    public async Task Leases_are_listed()
    {
        var lease = (await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 60 })).ID;
        Assert.Contains(lease, (await server.Lease.LeaseLeasesAsync(new LeaseLeasesRequest())).Leases.Select(item => item.ID));
        await server.Lease.LeaseRevokeAsync(new LeaseRevokeRequest { ID = lease });
        Assert.DoesNotContain(lease, (await server.Lease.LeaseLeasesAsync(new LeaseLeasesRequest())).Leases.Select(item => item.ID));
    }

    [Fact]
    public async Task Keep_alives_are_answered_in_order_and_a_missing_lease_does_not_end_the_stream()
    {
        var lease = (await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 30 })).ID;
        using var call = server.Lease.LeaseKeepAlive();
        long[] asked = [lease, 405, lease];
        foreach (var id in asked)
        {
            await call.RequestStream.WriteAsync(new LeaseKeepAliveRequest { ID = id });
        }

        await call.RequestStream.CompleteAsync();
        var answers = await call.ResponseStream.ReadAllAsync().Select(answer => (answer.ID, answer.TTL)).ToListAsync();
        Assert.Equal([(lease, 30L), (405L, 0L), (lease, 30L)], answers);
    }

    [Fact]
    public async Task A_lease_that_is_not_kept_alive_ends_and_takes_its_keys_along()
    {
        var lease = (await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 2 })).ID;
        var put = await server.PutAsync("expire/a", "1", lease);
        using var stream = new WatchClientStream(server);
        await stream.CreateAsync(new WatchCreateRequest { Key = Bytes("expire/a"), StartRevision = put.Header.Revision + 1 });
        Assert.Equal(Event.Types.EventType.Delete, (await stream.NextAsync()).Events[0].Type);
        Assert.Equal(-1, (await server.Lease.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = lease })).TTL);
    }
}
