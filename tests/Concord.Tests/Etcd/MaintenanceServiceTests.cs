using Concord.Protocol.Etcd;
using Grpc.Core;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Etcd;

public sealed class MaintenanceServiceTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    [Fact]
    public async Task Status_tells_version_size_leader_and_indexes()
    {
        var put = await server.PutAsync("status/a", "1");
        var status = await server.Maintenance.StatusAsync(new StatusRequest());
        Assert.Matches(@"^\d+\.\d+\.\d+$", status.Version);
        Assert.Equal((put.Header.Revision, put.Header.MemberId), (status.Header.Revision, status.Leader));
        Assert.True(status.DbSize > 0 && status.DbSizeInUse > 0 && status.RaftTerm > 0);
        Assert.True(status.RaftIndex >= status.RaftAppliedIndex && status.RaftAppliedIndex > 0);
        Assert.Empty(status.Errors);
    }

    [Fact]
    public async Task The_hash_follows_the_content_and_can_be_taken_of_the_past()
    {
        var old = (await server.PutAsync("hash/a", "1")).Header.Revision;
        var before = await server.Maintenance.HashKVAsync(new HashKVRequest());
        Assert.Equal(old, before.HashRevision);
        await server.PutAsync("hash/a", "2");
        var after = await server.Maintenance.HashKVAsync(new HashKVRequest());
        var past = await server.Maintenance.HashKVAsync(new HashKVRequest { Revision = old });
        Assert.NotEqual(before.Hash, after.Hash);
        Assert.Equal(before.Hash, past.Hash);
        Assert.Equal((await server.Maintenance.HashAsync(new HashRequest())).Hash, (await server.Maintenance.HashAsync(new HashRequest())).Hash);
        await RefusedAsync(
            StatusCode.OutOfRange,
            "etcdserver: mvcc: required revision is a future revision",
            () => server.Maintenance.HashKVAsync(new HashKVRequest { Revision = 1L << 40 }).ResponseAsync);
    }

    [Fact]
    public async Task There_is_nothing_to_defragment_and_no_alarm()
    {
        Assert.Null((await server.Maintenance.DefragmentAsync(new DefragmentRequest())).Header);
        Assert.Empty((await server.Maintenance.AlarmAsync(new AlarmRequest())).Alarms);
    }

    [Fact]
    public async Task Leadership_moves_to_voters_only()
    {
        var self = (await server.Maintenance.StatusAsync(new StatusRequest())).Leader;
        await server.Maintenance.MoveLeaderAsync(new MoveLeaderRequest { TargetID = self });
        await RefusedAsync(
            StatusCode.FailedPrecondition,
            "etcdserver: bad leader transferee",
            () => server.Maintenance.MoveLeaderAsync(new MoveLeaderRequest { TargetID = self + 1 }).ResponseAsync);
    }

    [Fact]
    public async Task The_member_list_has_no_revision_and_says_where_clients_connect()
    {
        var list = await server.Cluster.MemberListAsync(new MemberListRequest { Linearizable = true });
        Assert.Equal(0, list.Header.Revision);
        var member = Assert.Single(list.Members);
        Assert.Equal(list.Header.MemberId, member.ID);
        Assert.Equal(new Uri(server.Url), new Uri(Assert.Single(member.ClientURLs)));
        Assert.NotEmpty(member.PeerURLs);
        Assert.False(member.IsLearner);
    }

    [Fact]
    public async Task Changes_of_unknown_members_are_refused()
    {
        const string NotFound = "etcdserver: member not found";
        await RefusedAsync(StatusCode.NotFound, NotFound, () => server.Cluster.MemberRemoveAsync(new MemberRemoveRequest { ID = 1 }).ResponseAsync);
        await RefusedAsync(StatusCode.NotFound, NotFound, () => server.Cluster.MemberUpdateAsync(new MemberUpdateRequest { ID = 1 }).ResponseAsync);
        await RefusedAsync(StatusCode.NotFound, NotFound, () => server.Cluster.MemberPromoteAsync(new MemberPromoteRequest { ID = 1 }).ResponseAsync);
        var self = (await server.Maintenance.StatusAsync(new StatusRequest())).Leader;
        await RefusedAsync(
            StatusCode.FailedPrecondition,
            "etcdserver: can only promote a learner member",
            () => server.Cluster.MemberPromoteAsync(new MemberPromoteRequest { ID = self }).ResponseAsync);
    }

    [Fact]
    public async Task What_is_not_there_yet_is_answered_unimplemented()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => server.Maintenance.DowngradeAsync(new DowngradeRequest()).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }
}
