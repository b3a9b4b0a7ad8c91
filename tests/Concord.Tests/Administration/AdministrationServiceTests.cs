using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Protocol.V1;
using Concord.Storage;
using Concord.Tests.Etcd;
using Grpc.Core;

namespace Concord.Tests.Administration;

public sealed class AdministrationServiceTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    private Protocol.V1.Cluster.ClusterClient Administration => new(server.Channel);

    [Fact]
    public async Task A_copy_holds_one_revision_whole_while_writes_and_compaction_go_on()
    {
        for (var i = 0; i < 200; i++)
            await server.PutAsync($"copy/{i}", new string('x', 10_000));
        var before = (await server.PutAsync("copy/last", "1")).Header.Revision;

        using var call = Administration.SaveSnapshot(new SaveSnapshotRequest());
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        var header = call.ResponseStream.Current.Header;
        Assert.True(header.Revision >= before);
        var after = (await server.PutAsync("copy/last", "2")).Header.Revision;
        await server.Kv.CompactAsync(new CompactionRequest { Revision = after, Physical = true });

        var content = new KeySpaceSnapshotReader();
        var (bytes, checksum, end) = (0L, 0U, (SnapshotEnd?)null);
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            var part = call.ResponseStream.Current;
            content.Feed(part.Data.Span);
            (bytes, checksum, end) = (bytes + part.Data.Length, Crc32C.Append(checksum, part.Data.Span), part.End);
        }

        Assert.Equal((bytes, checksum), (end!.Bytes, end.Crc32C));
        var view = content.Complete().View;
        Assert.Equal(header.Revision, view.Revision);
        Assert.Equal("1"u8.ToArray(), view.Get("copy/last"u8)!.Value.ToArray());
        Assert.Equal(10_000, view.Get("copy/199"u8)!.Value.Length);
    }

    [Fact]
    public async Task Members_are_listed_with_cluster_and_leader()
    {
        var list = await Administration.ListMembersAsync(new());
        var member = Assert.Single(list.Members);
        Assert.Equal((list.LeaderId, false, false), (member.Id, member.IsLearner, member.BecomesVoter));
        Assert.NotEqual(0UL, list.ClusterId);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument, "bad_change", 0, "")]
    [InlineData(StatusCode.NotFound, "unknown_member", 1, "")]
    [InlineData(StatusCode.InvalidArgument, "bad_address", 0, "10.0.0.1")]
    [InlineData(StatusCode.FailedPrecondition, "change_not_possible", 0, "http://10.0.0.1:2380")]
    public async Task A_wrong_change_is_refused_with_a_word_for_programs(StatusCode status, string code, ulong remove, string add)
    {
        var request = new ReconfigureRequest();
        if (remove != 0)
            request.Remove.Add(remove);
        if (add.Length > 0)
            request.Add.Add(new MemberAddition { PeerUrls = { add } });

        var error = await Assert.ThrowsAsync<RpcException>(() => Administration.ReconfigureAsync(request).ResponseAsync);

        Assert.Equal(status, error.StatusCode);
        var detail = ErrorDetail.Parser.ParseFrom(error.Trailers.GetValueBytes("concord-error-bin"));
        Assert.Equal((code, error.Status.Detail), (detail.Code, detail.Message));
    }
}

public sealed class ReconfigurationTests
{
    [Fact]
    public async Task Three_become_five_in_one_change_and_three_again_in_another()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var (fourth, fifth) = (cluster.Add(), cluster.Add());
        var request = new ReconfigureRequest
        {
            Add = { new MemberAddition { PeerUrls = { cluster.PeerUrl(fourth) } }, new MemberAddition { PeerUrls = { cluster.PeerUrl(fifth) } } },
        };
        var added = (await cluster.Administration(1).ReconfigureAsync(request)).Added;
        await Task.WhenAll(cluster.StartAsync(fourth, "existing"), cluster.StartAsync(fifth, "existing"));

        var voters = await cluster.VotersAsync(fifth, 5);

        Assert.Superset(added.ToHashSet(), voters.ToHashSet());
        var removal = new ReconfigureRequest { Remove = { cluster.Id(0), cluster.Id(1) } };
        var left = await cluster.Administration(fourth).ReconfigureAsync(removal);
        Assert.Equal(3, left.Members.Count);
        Assert.Equal(3, (await cluster.VotersAsync(fifth, 3)).Length);
    }

    [Fact]
    public async Task A_lost_member_is_replaced_in_one_step()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var lost = await cluster.LeaderAsync();
        var asked = (lost + 1) % 3;
        var id = cluster.Id(lost);
        await cluster.StopAsync(lost);
        var index = cluster.Add();

        var request = new ReconfigureRequest { Add = { new MemberAddition { PeerUrls = { cluster.PeerUrl(index) }, Replaces = id } } };
        var added = (await cluster.Administration(asked).ReconfigureAsync(request)).Added.Single();
        Assert.Contains(id, cluster.Voters(asked));
        await cluster.StartAsync(index, "existing");
        await cluster.UntilAsync(() => !cluster.Voters(asked).Contains(id));

        Assert.Equal(3, cluster.Voters(asked).Length);
        Assert.Contains(added, cluster.Voters(asked));
    }
}
