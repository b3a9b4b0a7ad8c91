using Concord.Protocol.Etcd;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Etcd;

public sealed class TransactionTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    [Fact]
    public async Task Only_the_outermost_header_says_who_answered_and_inner_ones_the_revision_they_saw()
    {
        var before = (await server.PutAsync("headers/a", "1")).Header.Revision;
        var answer = await server.Kv.TxnAsync(new TxnRequest
        {
            Success = { Get("headers/a"), Delete("headers/none"), Put("headers/b"), Get("headers/b"), Nested(Put("headers/c")), Delete("headers/none") },
        });

        Assert.True(answer.Succeeded);
        Assert.Equal(before + 1, answer.Header.Revision);
        Assert.NotEqual(0ul, answer.Header.ClusterId);
        ResponseHeader[] inner =
        [
            answer.Responses[0].ResponseRange.Header,
            answer.Responses[1].ResponseDeleteRange.Header,
            answer.Responses[2].ResponsePut.Header,
            answer.Responses[3].ResponseRange.Header,
            answer.Responses[5].ResponseDeleteRange.Header,
        ];
        Assert.Equal([before, before, before + 1, before + 1, before + 1], inner.Select(header => header.Revision));
        Assert.All(inner, header => Assert.Equal(0ul, header.ClusterId));
        var nested = answer.Responses[4].ResponseTxn;
        Assert.Equal(new ResponseHeader(), nested.Header);
        Assert.Equal(before + 1, nested.Responses[0].ResponsePut.Header.Revision);
    }

    [Fact]
    public async Task Operations_see_what_earlier_ones_of_the_same_transaction_did()
    {
        var answer = await server.Kv.TxnAsync(new TxnRequest { Success = { Put("see/a"), Get("see/a"), Delete("see/b") } });
        Assert.Single(answer.Responses[1].ResponseRange.Kvs);
    }

    [Fact]
    public async Task A_failed_comparison_without_a_branch_changes_nothing()
    {
        var before = (await server.PutAsync("fail/a", "1")).Header.Revision;
        var answer = await server.Kv.TxnAsync(new TxnRequest { Compare = { Value("fail/a", "2") }, Success = { Put("fail/a") } });
        Assert.Equal((false, 0, before), (answer.Succeeded, answer.Responses.Count, answer.Header.Revision));
    }

    [Fact]
    public async Task A_value_of_a_missing_key_compares_as_false_even_when_not_equal()
    {
        var compare = Value("missing/a", "1");
        compare.Result = Compare.Types.CompareResult.NotEqual;
        Assert.False((await server.Kv.TxnAsync(new TxnRequest { Compare = { compare } })).Succeeded);
    }

    [Fact]
    public async Task A_right_hand_side_of_another_target_is_read_as_zero()
    {
        var compare = new Compare { Key = Bytes("other/a"), Target = Compare.Types.CompareTarget.Version, ModRevision = 7 };
        Assert.True((await server.Kv.TxnAsync(new TxnRequest { Compare = { compare } })).Succeeded);
    }

    [Fact]
    public async Task A_transaction_that_only_reads_may_read_the_past()
    {
        var old = (await server.PutAsync("read/a", "1")).Header.Revision;
        var present = (await server.PutAsync("read/a", "2")).Header.Revision;
        var past = Get("read/a");
        past.RequestRange.Revision = old;
        var answer = await server.Kv.TxnAsync(new TxnRequest { Success = { past, Get("read/a") } });
        Assert.Equal(["1", "2"], answer.Responses.Select(response => response.ResponseRange.Kvs[0].Value.ToStringUtf8()));
        Assert.Equal(present, answer.Header.Revision);
    }

    [Fact]
    public async Task A_missing_lease_in_the_chosen_branch_undoes_everything()
    {
        var put = Put("undo/b");
        put.RequestPut.Lease = 4711;
        await RefusedAsync(
            Grpc.Core.StatusCode.NotFound,
            "etcdserver: requested lease not found",
            () => server.Kv.TxnAsync(new TxnRequest { Success = { Put("undo/a"), put } }).ResponseAsync);
        Assert.Empty((await server.ListAsync("undo/")).Kvs);
    }

    private static RequestOp Get(string key) => new() { RequestRange = new RangeRequest { Key = Bytes(key) } };

    private static RequestOp Put(string key) => new() { RequestPut = new PutRequest { Key = Bytes(key), Value = Bytes("x") } };

    private static RequestOp Delete(string key) => new() { RequestDeleteRange = new DeleteRangeRequest { Key = Bytes(key) } };

    private static RequestOp Nested(RequestOp op) => new() { RequestTxn = new TxnRequest { Success = { op } } };

    private static Compare Value(string key, string value) =>
        new() { Key = Bytes(key), Target = Compare.Types.CompareTarget.Value, Value = Bytes(value) };
}
