using Concord.EtcdBackend;
using Concord.Protocol.Etcd;
using Concord.Server.Hosting;
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
        Assert.Equal((new Server.Cluster.ServerOptions().QuotaBackendBytes, false), (status.DbSizeQuota, status.DowngradeInfo.Enabled));
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
    public async Task The_snapshot_is_a_database_of_etcd_as_of_one_revision_while_writes_go_on()
    {
        for (var i = 0; i < 300; i++)
        {
            await server.PutAsync($"snapshot/{i:d3}", new string('x', 1000));
        }

        var database = new MemoryStream();
        using var call = server.Maintenance.Snapshot(new SnapshotRequest());
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        var total = call.ResponseStream.Current.Blob.Length + (long)call.ResponseStream.Current.RemainingBytes;
        var expected = total;
        var writes = 0;
        do
        {
            var piece = call.ResponseStream.Current;
            Assert.InRange(piece.Blob.Length, 1, 32 << 10);
            expected = Math.Max(0, expected - piece.Blob.Length);
            Assert.Equal((ulong)expected, piece.RemainingBytes);
            Assert.Matches(@"^\d+\.\d+\.0$", piece.Version);
            Assert.Null(piece.Header);
            piece.Blob.WriteTo(database);
            await server.PutAsync("snapshot/later", $"{writes++}");
        }
        while (await call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(total + 32, database.Length);
        var file = new BackendFile(database);
        Assert.True(file.HashIsRight(_ => { }, CancellationToken.None));
        var view = file.Open().ReadHistory(_ => { }, CancellationToken.None).Complete(0, markCompacted: false).View;
        var hash = await server.Maintenance.HashKVAsync(new HashKVRequest { Revision = view.Revision });
        Assert.Equal(Concord.Mvcc.StoreError.None, RevisionHash.Of(view, view.Revision, out var read));
        Assert.Equal(hash.Hash, read);
        Assert.Equal([(await server.Maintenance.StatusAsync(new StatusRequest())).Leader], file.Open().Members().Select(member => member.Id));
    }

    [Fact]
    public async Task There_is_nothing_to_defragment_and_no_alarm()
    {
        Assert.Null((await server.Maintenance.DefragmentAsync(new DefragmentRequest())).Header);
        Assert.Empty((await server.Maintenance.AlarmAsync(new AlarmRequest())).Alarms);
    }

    [Fact]
    public async Task The_alarm_of_a_full_key_space_names_the_member_and_goes_when_there_is_room()
    {
        await using var full = await ConcordServer.StartAsync(new()
        {
            ListenClientUrls = [new("http://127.0.0.1:0")],
            QuotaBackendBytes = 20_000,
            LogLevel = Microsoft.Extensions.Logging.LogLevel.Error,
        });
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(full.ClientUrls[0]);
        var (kv, maintenance) = (new KV.KVClient(channel), new Maintenance.MaintenanceClient(channel));
        var put = new PutRequest { Key = Bytes("a"), Value = Bytes(new string('x', 3000)) };
        await RefusedAsync(StatusCode.ResourceExhausted, "etcdserver: mvcc: database space exceeded", async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await kv.PutAsync(put);
            }
        });

        var alarm = Assert.Single((await maintenance.AlarmAsync(new AlarmRequest())).Alarms);
        Assert.Equal((full.Replica.Status.MemberId, AlarmType.Nospace), (alarm.MemberID, alarm.Alarm));
        Assert.Equal([$"memberID:{alarm.MemberID} alarm:NOSPACE "], (await maintenance.StatusAsync(new StatusRequest())).Errors);
        Assert.Empty((await maintenance.AlarmAsync(new AlarmRequest { Alarm = AlarmType.Corrupt })).Alarms);
        Assert.Empty((await maintenance.AlarmAsync(new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Deactivate, MemberID = alarm.MemberID, Alarm = AlarmType.Nospace })).Alarms);
        Assert.Single((await maintenance.AlarmAsync(new AlarmRequest())).Alarms);

        var deleted = await kv.DeleteRangeAsync(new DeleteRangeRequest { Key = Bytes("a") });
        await kv.CompactAsync(new CompactionRequest { Revision = deleted.Header.Revision });
        using var patience = new CancellationTokenSource(Patience);
        while ((await maintenance.AlarmAsync(new AlarmRequest(), cancellationToken: patience.Token)).Alarms.Count > 0)
        {
        }

        await kv.PutAsync(put);
        Assert.Empty((await maintenance.StatusAsync(new StatusRequest())).Errors);
    }

    [Fact]
    public async Task A_downgrade_is_announced_seen_and_taken_back()
    {
        var (major, minor) = (await server.Maintenance.StatusAsync(new StatusRequest())).Version.Split('.') is [var first, var second, _] ? (int.Parse(first), int.Parse(second)) : (0, 0);
        var (present, target) = ($"{major}.{minor}", $"{major}.{minor - 1}");
        Task<DowngradeResponse> Ask(DowngradeRequest.Types.DowngradeAction action, string version = "") =>
            server.Maintenance.DowngradeAsync(new DowngradeRequest { Action = action, Version = version }).ResponseAsync;

        Assert.Equal(present, (await Ask(DowngradeRequest.Types.DowngradeAction.Validate, target)).Version);
        Assert.Equal(present, (await Ask(DowngradeRequest.Types.DowngradeAction.Validate, target + ".0")).Version);
        foreach (var wrong in new[] { "", "3", "x.y", "3.5.0.1", "3.-5" })
        {
            await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: wrong downgrade target version format", () => Ask(DowngradeRequest.Types.DowngradeAction.Validate, wrong));
        }

        foreach (var other in new[] { present, $"{major}.{minor - 2}.0", $"{major + 1}.0" })
        {
            await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: invalid downgrade target version", () => Ask(DowngradeRequest.Types.DowngradeAction.Enable, other));
        }

        await RefusedAsync(StatusCode.FailedPrecondition, "etcdserver: no inflight downgrade job", () => Ask(DowngradeRequest.Types.DowngradeAction.Cancel));
        await RefusedAsync(StatusCode.Unknown, "etcdserver: unknown method", () => Ask((DowngradeRequest.Types.DowngradeAction)9));

        Assert.Equal(present, (await Ask(DowngradeRequest.Types.DowngradeAction.Enable, target)).Version);
        var info = (await server.Maintenance.StatusAsync(new StatusRequest())).DowngradeInfo;
        Assert.Equal((true, target + ".0"), (info.Enabled, info.TargetVersion));
        await RefusedAsync(StatusCode.FailedPrecondition, "etcdserver: cluster has a downgrade job in progress", () => Ask(DowngradeRequest.Types.DowngradeAction.Enable, target));
        await RefusedAsync(StatusCode.FailedPrecondition, "etcdserver: cluster has a downgrade job in progress", () => Ask(DowngradeRequest.Types.DowngradeAction.Validate, target));
        Assert.Equal(present, (await Ask(DowngradeRequest.Types.DowngradeAction.Cancel)).Version);
        Assert.Equal(new DowngradeInfo(), (await server.Maintenance.StatusAsync(new StatusRequest())).DowngradeInfo);
    }

    [Fact]
    public async Task History_is_compacted_by_itself_after_its_time()
    {
        await using var brief = await ConcordServer.StartAsync(new()
        {
            ListenClientUrls = [new("http://127.0.0.1:0")],
            AutoCompactionRetention = "1s",
            LogLevel = Microsoft.Extensions.Logging.LogLevel.Error,
        });
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(brief.ClientUrls[0]);
        var (kv, maintenance) = (new KV.KVClient(channel), new Maintenance.MaintenanceClient(channel));
        var first = (await kv.PutAsync(new PutRequest { Key = Bytes("a"), Value = Bytes("1") })).Header.Revision;
        using var patience = new CancellationTokenSource(Patience);
        while ((await maintenance.HashKVAsync(new HashKVRequest(), cancellationToken: patience.Token)).CompactRevision < first)
        {
            await kv.PutAsync(new PutRequest { Key = Bytes("a"), Value = Bytes("2") });
        }
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
}
