using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Etcd;

public sealed class KvServiceTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    [Fact]
    public async Task The_header_of_a_write_says_who_answered_and_the_revision_of_the_write()
    {
        var first = await server.PutAsync("header/a", "1");
        var second = await server.PutAsync("header/b", "2");
        Assert.Equal(first.Header.Revision + 1, second.Header.Revision);
        Assert.NotEqual(0ul, second.Header.ClusterId);
        Assert.NotEqual(0ul, second.Header.MemberId);
        Assert.NotEqual(0ul, second.Header.RaftTerm);
    }

    [Fact]
    public async Task The_header_of_a_read_of_the_past_has_the_present_revision()
    {
        var put = await server.PutAsync("past/a", "old");
        var present = await server.PutAsync("past/a", "new");
        var read = await server.Kv.RangeAsync(new RangeRequest { Key = Bytes("past/a"), Revision = put.Header.Revision });
        Assert.Equal("old", read.Kvs[0].Value.ToStringUtf8());
        Assert.Equal(present.Header.Revision, read.Header.Revision);
    }

    [Fact]
    public async Task A_pair_carries_its_revisions_version_and_lease()
    {
        var lease = await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 60 });
        var created = (await server.PutAsync("pair/a", "1")).Header.Revision;
        var changed = (await server.PutAsync("pair/a", "2", lease.ID)).Header.Revision;
        var pair = (await server.GetAsync("pair/a")).Kvs[0];
        Assert.Equal((created, changed, 2L, lease.ID), (pair.CreateRevision, pair.ModRevision, pair.Version, pair.Lease));
    }

    [Fact]
    public async Task Keys_only_leaves_out_the_values_and_count_only_the_pairs()
    {
        await server.PutAsync("only/a", "1");
        await server.PutAsync("only/b", "2");
        var keys = await server.Kv.RangeAsync(new RangeRequest { Key = Bytes("only/"), RangeEnd = Bytes("only0"), KeysOnly = true });
        Assert.All(keys.Kvs, pair => Assert.True(pair.Value.IsEmpty));
        Assert.Equal(2, keys.Kvs.Count);
        var count = await server.Kv.RangeAsync(new RangeRequest { Key = Bytes("only/"), RangeEnd = Bytes("only0"), CountOnly = true });
        Assert.Equal((0, 2L), (count.Kvs.Count, count.Count));
    }

    [Fact]
    public async Task A_put_answers_the_previous_pair_only_when_asked()
    {
        await server.PutAsync("previous/a", "1");
        Assert.Null((await server.PutAsync("previous/a", "2")).PrevKv);
        var put = await server.Kv.PutAsync(new PutRequest { Key = Bytes("previous/a"), Value = Bytes("3"), PrevKv = true });
        Assert.Equal("2", put.PrevKv.Value.ToStringUtf8());
        var created = await server.Kv.PutAsync(new PutRequest { Key = Bytes("previous/b"), PrevKv = true });
        Assert.Null(created.PrevKv);
    }

    [Fact]
    public async Task A_delete_answers_how_many_and_the_previous_pairs_when_asked()
    {
        await server.PutAsync("delete/a", "1");
        await server.PutAsync("delete/b", "2");
        var deleted = await server.Kv.DeleteRangeAsync(
            new DeleteRangeRequest { Key = Bytes("delete/"), RangeEnd = Bytes("delete0"), PrevKv = true });
        Assert.Equal(2, deleted.Deleted);
        Assert.Equal(["1", "2"], deleted.PrevKvs.Select(pair => pair.Value.ToStringUtf8()));
        var again = await server.Kv.DeleteRangeAsync(new DeleteRangeRequest { Key = Bytes("delete/"), RangeEnd = Bytes("delete0") });
        Assert.Equal((0L, deleted.Header.Revision), (again.Deleted, again.Header.Revision));
    }

    [Fact]
    public async Task Wrong_requests_are_refused_with_the_code_and_text_that_clients_know()
    {
        Task Put(PutRequest request) => server.Kv.PutAsync(request).ResponseAsync;
        Task Range(RangeRequest request) => server.Kv.RangeAsync(request).ResponseAsync;
        Task Txn(params RequestOp[] success) => server.Kv.TxnAsync(new TxnRequest { Success = { success } }).ResponseAsync;
        var put = new RequestOp { RequestPut = new PutRequest { Key = Bytes("wrong/a") } };
        const StatusCode Invalid = StatusCode.InvalidArgument;

        await RefusedAsync(Invalid, "etcdserver: key is not provided", () => Put(new()));
        await RefusedAsync(Invalid, "etcdserver: key is not provided", () => Range(new()));
        await RefusedAsync(Invalid, "etcdserver: key is not provided", () => server.Kv.DeleteRangeAsync(new()).ResponseAsync);
        await RefusedAsync(Invalid, "etcdserver: key is not provided", () => server.Kv.TxnAsync(new() { Compare = { new Compare() } }).ResponseAsync);
        await RefusedAsync(Invalid, "etcdserver: value is provided", () => Put(new() { Key = Bytes("wrong/a"), Value = Bytes("x"), IgnoreValue = true }));
        await RefusedAsync(Invalid, "etcdserver: lease is provided", () => Put(new() { Key = Bytes("wrong/a"), Lease = 1, IgnoreLease = true }));
        await RefusedAsync(Invalid, "etcdserver: key not found", () => Put(new() { Key = Bytes("wrong/none"), IgnoreValue = true }));
        await RefusedAsync(Invalid, "etcdserver: key not found", () => Txn(new RequestOp()));
        await RefusedAsync(StatusCode.NotFound, "etcdserver: requested lease not found", () => Put(new() { Key = Bytes("wrong/a"), Lease = 12345 }));
        await RefusedAsync(Invalid, "etcdserver: invalid sort option", () => Range(new() { Key = Bytes("wrong/a"), SortOrder = (RangeRequest.Types.SortOrder)256 }));
        await RefusedAsync(Invalid, "etcdserver: duplicate key given in txn request", () => Txn(put, put));
        await RefusedAsync(Invalid, "etcdserver: too many operations in txn request", () => Txn([.. Enumerable.Repeat(new RequestOp { RequestRange = new RangeRequest { Key = Bytes("a") } }, 129)]));
        await RefusedAsync(StatusCode.OutOfRange, "etcdserver: mvcc: required revision is a future revision", () => Range(new() { Key = Bytes("wrong/a"), Revision = 1L << 40 }));
        await RefusedAsync(Invalid, "etcdserver: request is too large", () => Put(new() { Key = Bytes("wrong/a"), Value = ByteString.CopyFrom(new byte[1600 * 1024]) }));
        Assert.Empty((await server.ListAsync("wrong/")).Kvs);
    }

    [Fact]
    public async Task A_frame_above_two_mebibytes_is_refused_before_it_is_read()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() =>
            server.Kv.PutAsync(new PutRequest { Key = Bytes("frame/a"), Value = ByteString.CopyFrom(new byte[3 * 1024 * 1024]) }).ResponseAsync);
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task Compaction_refuses_the_past_and_the_future()
    {
        var old = (await server.PutAsync("compact/a", "1")).Header.Revision;
        var kept = (await server.PutAsync("compact/a", "2")).Header.Revision;
        var answer = await server.Kv.CompactAsync(new CompactionRequest { Revision = kept, Physical = true });
        Assert.True(answer.Header.Revision >= kept);
        const string Compacted = "etcdserver: mvcc: required revision has been compacted";
        await RefusedAsync(StatusCode.OutOfRange, Compacted, () => server.Kv.RangeAsync(new() { Key = Bytes("compact/a"), Revision = old }).ResponseAsync);
        await RefusedAsync(StatusCode.OutOfRange, Compacted, () => server.Kv.CompactAsync(new() { Revision = kept }).ResponseAsync);
        await RefusedAsync(
            StatusCode.OutOfRange,
            "etcdserver: mvcc: required revision is a future revision",
            () => server.Kv.CompactAsync(new() { Revision = 1L << 40 }).ResponseAsync);
        var read = await server.Kv.RangeAsync(new RangeRequest { Key = Bytes("compact/a"), Revision = kept });
        Assert.Equal("2", read.Kvs[0].Value.ToStringUtf8());
    }

    [Fact]
    public async Task A_streamed_range_is_the_range_in_pieces_with_header_and_count_at_the_end()
    {
        for (var i = 0; i < 25; i++)
        {
            await server.PutAsync($"stream/{i:d2}", $"{i}");
        }

        var request = new RangeRequest { Key = Bytes("stream/"), RangeEnd = Bytes("stream0"), Limit = 20 };
        var whole = await server.Kv.RangeAsync(request);
        using var call = server.Kv.RangeStream(request);
        var chunks = new List<RangeResponse>();
        await foreach (var chunk in call.ResponseStream.ReadAllAsync())
        {
            chunks.Add(chunk.RangeResponse);
        }

        Assert.Equal(2, chunks.Count);
        Assert.Equal(10, chunks[0].Kvs.Count);
        Assert.Null(chunks[0].Header);
        Assert.Equal((25L, true), (chunks[^1].Count, chunks[^1].More));
        Assert.Equal(whole.Header.ClusterId, chunks[^1].Header.ClusterId);
        Assert.Equal(whole.Kvs, chunks.SelectMany(chunk => chunk.Kvs));
    }

    [Fact]
    public async Task A_streamed_range_in_another_order_is_not_offered()
    {
        using var call = server.Kv.RangeStream(new RangeRequest { Key = Bytes("a"), SortOrder = RangeRequest.Types.SortOrder.Descend });
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }
}
