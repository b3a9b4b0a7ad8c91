using Concord.Protocol.Etcd;
using Google.Protobuf;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Etcd;

public sealed class WatchServiceTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    [Fact]
    public async Task Created_comes_first_with_the_present_revision_then_each_change_as_one_answer()
    {
        var before = (await server.PutAsync("live/a", "0")).Header.Revision;
        using var stream = new WatchClientStream(server);
        var created = await stream.CreateAsync(On("live/a"));
        Assert.True(created.Created);
        Assert.False(created.Canceled);
        Assert.Equal((before, 0, 0L), (created.Header.Revision, created.Events.Count, created.WatchId));

        var put = await server.PutAsync("live/a", "1");
        await server.Kv.DeleteRangeAsync(new DeleteRangeRequest { Key = Bytes("live/a") });
        var first = await stream.NextAsync();
        Assert.Equal(put.Header.Revision, first.Header.Revision);
        Assert.Equal((Event.Types.EventType.Put, "1"), (first.Events[0].Type, first.Events[0].Kv.Value.ToStringUtf8()));
        Assert.Null(first.Events[0].PrevKv);
        var second = await stream.NextAsync();
        Assert.Equal(Event.Types.EventType.Delete, second.Events[0].Type);
        Assert.Equal(new KeyValue { Key = Bytes("live/a"), ModRevision = put.Header.Revision + 1 }, second.Events[0].Kv);
    }

    [Fact]
    public async Task History_is_told_from_the_start_revision_on_and_one_revision_is_never_split()
    {
        var start = (await server.PutAsync("history/a", "1")).Header.Revision;
        await server.Kv.TxnAsync(new TxnRequest { Success = { Put("history/b"), Put("history/c") } });
        using var stream = new WatchClientStream(server);
        Assert.True((await stream.CreateAsync(OnPrefix("history/", start))).Created);
        var events = (await stream.NextAsync()).Events;
        Assert.Equal(["history/a", "history/b", "history/c"], events.Select(item => item.Kv.Key.ToStringUtf8()));
        Assert.Equal([start, start + 1, start + 1], events.Select(item => item.Kv.ModRevision));
    }

    [Fact]
    public async Task A_watch_of_the_future_tells_nothing_before_it()
    {
        var present = (await server.PutAsync("future/a", "0")).Header.Revision;
        using var stream = new WatchClientStream(server);
        await stream.CreateAsync(On("future/a", present + 2));
        await server.PutAsync("future/a", "early");
        await server.PutAsync("future/a", "due");
        Assert.Equal("due", (await stream.NextAsync()).Events[0].Kv.Value.ToStringUtf8());
    }

    [Fact]
    public async Task Previous_pairs_come_when_asked_for()
    {
        using var stream = new WatchClientStream(server);
        var watch = On("prev/a");
        watch.PrevKv = true;
        await stream.CreateAsync(watch);
        await server.PutAsync("prev/a", "1");
        await server.PutAsync("prev/a", "2");
        await server.Kv.DeleteRangeAsync(new DeleteRangeRequest { Key = Bytes("prev/a") });
        Assert.Null((await stream.NextAsync()).Events[0].PrevKv);
        Assert.Equal("1", (await stream.NextAsync()).Events[0].PrevKv.Value.ToStringUtf8());
        Assert.Equal("2", (await stream.NextAsync()).Events[0].PrevKv.Value.ToStringUtf8());
    }

    [Fact]
    public async Task Filters_leave_out_puts_or_deletes()
    {
        using var stream = new WatchClientStream(server);
        var noPut = On("filter/a");
        noPut.Filters.Add(WatchCreateRequest.Types.FilterType.Noput);
        var noDelete = On("filter/a");
        noDelete.Filters.Add(WatchCreateRequest.Types.FilterType.Nodelete);
        await stream.CreateAsync(noPut);
        await stream.CreateAsync(noDelete);
        await server.PutAsync("filter/a", "1");
        await server.Kv.DeleteRangeAsync(new DeleteRangeRequest { Key = Bytes("filter/a") });
        var (put, delete) = (await stream.NextAsync(), await stream.NextAsync());
        Assert.Equal((1L, Event.Types.EventType.Put), (put.WatchId, put.Events[0].Type));
        Assert.Equal((0L, Event.Types.EventType.Delete), (delete.WatchId, delete.Events[0].Type));
    }

    [Fact]
    public async Task Numbers_are_the_clients_or_grow_from_zero_and_are_not_used_again()
    {
        using var stream = new WatchClientStream(server);
        Assert.Equal(0, (await stream.CreateAsync(On("ids/a"))).WatchId);
        var chosen = On("ids/a");
        chosen.WatchId = 1;
        Assert.Equal(1, (await stream.CreateAsync(chosen)).WatchId);
        Assert.Equal(2, (await stream.CreateAsync(On("ids/a"))).WatchId);
        await stream.CancelAsync(0);
        var canceled = await stream.NextAsync();
        Assert.Equal((0L, true, false, 0L, ""), (canceled.WatchId, canceled.Canceled, canceled.Created, canceled.CompactRevision, canceled.CancelReason));
        Assert.NotEqual(0, canceled.Header.Revision);
        Assert.Equal(3, (await stream.CreateAsync(On("ids/a"))).WatchId);
    }

    [Fact]
    public async Task A_watch_that_cannot_be_is_created_and_cancelled_in_one_answer_and_in_order()
    {
        using var stream = new WatchClientStream(server);
        var numbered = On("refused/a");
        numbered.WatchId = 5;
        await stream.SendAsync(numbered);
        await stream.SendAsync(numbered);
        await stream.SendAsync(new WatchCreateRequest { Key = Bytes("b"), RangeEnd = Bytes("a") });
        await stream.SendAsync(On("refused/a", -1));
        await stream.SendAsync(On("refused/a"));

        Assert.Equal(5, (await stream.NextAsync()).WatchId);
        string[] reasons =
        [
            "mvcc: duplicate watch ID provided on the WatchStream",
            "mvcc: watcher range is empty",
            "etcdserver: mvcc: required revision has been compacted",
        ];
        foreach (var reason in reasons)
        {
            var refused = await stream.NextAsync();
            Assert.Equal((true, true, -1L, reason), (refused.Created, refused.Canceled, refused.WatchId, refused.CancelReason));
        }

        Assert.Equal((true, false), await stream.NextAsync() is var last ? (last.Created, last.Canceled) : default);
    }

    [Fact]
    public async Task Cancelling_an_unknown_watch_is_passed_over()
    {
        using var stream = new WatchClientStream(server);
        await stream.CancelAsync(99);
        Assert.True((await stream.CreateAsync(On("unknown/a"))).Created);
    }

    [Fact]
    public async Task An_empty_key_is_read_as_the_first_key()
    {
        using var stream = new WatchClientStream(server);
        await stream.CreateAsync(new WatchCreateRequest { RangeEnd = ByteString.CopyFrom(0) });
        await server.PutAsync("empty/a", "1");
        Assert.Contains((await stream.NextAsync()).Events, item => item.Kv.Key.ToStringUtf8().Length > 0);
    }

    [Fact]
    public async Task A_watch_that_compaction_overtook_is_created_then_cancelled_with_the_revision_to_go_on_from()
    {
        var start = (await server.PutAsync("compacted/a", "1")).Header.Revision;
        var compacted = (await server.PutAsync("compacted/a", "2")).Header.Revision;
        await server.Kv.CompactAsync(new CompactionRequest { Revision = compacted });
        using var stream = new WatchClientStream(server);
        var created = await stream.CreateAsync(On("compacted/a", start));
        Assert.Equal((true, false), (created.Created, created.Canceled));
        var canceled = await stream.NextAsync();
        Assert.Equal(
            (created.WatchId, true, compacted, "", 0L),
            (canceled.WatchId, canceled.Canceled, canceled.CompactRevision, canceled.CancelReason, canceled.Header.Revision));

        await stream.CreateAsync(On("compacted/a", compacted));
        Assert.Equal("2", (await stream.NextAsync()).Events[0].Kv.Value.ToStringUtf8());
    }

    [Fact]
    public async Task Progress_on_request_comes_after_every_event_up_to_its_revision()
    {
        using var stream = new WatchClientStream(server);
        await stream.CreateAsync(On("progress/a"));
        var put = await server.PutAsync("progress/a", "1");
        var seen = false;
        // A request that arrives while the watch is not caught up is dropped, so a client asks again.
        for (var asked = false; ; asked = true)
        {
            if (!asked || seen)
            {
                await stream.RequestProgressAsync();
            }

            var answer = await stream.NextAsync();
            seen |= answer.Events.Count > 0;
            if (answer.Events.Count == 0)
            {
                Assert.Equal(-1, answer.WatchId);
                Assert.True(seen || answer.Header.Revision < put.Header.Revision);
                if (answer.Header.Revision >= put.Header.Revision)
                {
                    return;
                }
            }
        }
    }

    [Fact]
    public async Task A_large_answer_is_cut_into_fragments_when_the_watch_allows_it()
    {
        var value = ByteString.CopyFrom(new byte[1024 * 1024]);
        var start = 0L;
        for (var i = 0; i < 5; i++)
        {
            var put = await server.Kv.PutAsync(new PutRequest { Key = Bytes($"fragment/{i}"), Value = value });
            start = i == 0 ? put.Header.Revision : start;
        }

        using var stream = new WatchClientStream(server);
        var watch = OnPrefix("fragment/", start);
        watch.Fragment = true;
        await stream.CreateAsync(watch);
        var pieces = new List<WatchResponse>();
        do
        {
            pieces.Add(await stream.NextAsync());
        }
        while (pieces[^1].Fragment);

        Assert.True(pieces.Count > 1);
        Assert.Equal(5, pieces.Sum(piece => piece.Events.Count));
        Assert.All(pieces, piece => Assert.True(piece.CalculateSize() <= 2 * 1024 * 1024));
    }

    private static WatchCreateRequest On(string key, long start = 0) => new() { Key = Bytes(key), StartRevision = start };

    private static WatchCreateRequest OnPrefix(string prefix, long start) =>
        new() { Key = Bytes(prefix), RangeEnd = Bytes(prefix[..^1] + (char)(prefix[^1] + 1)), StartRevision = start };

    private static RequestOp Put(string key) => new() { RequestPut = new PutRequest { Key = Bytes(key), Value = Bytes("x") } };
}
