using Concord.Client;
using Concord.Client.Kv;
using Concord.Tests.Cli;
using Grpc.Core;
using KeyRange = Concord.Client.Kv.KeyRange;

namespace Concord.Tests.Client.Kv;

/// <summary>A watch reports every change once and in order, whatever becomes of its streams.</summary>
public sealed class KvWatchTests : KvFixture
{
    [Fact]
    public async Task A_broken_watch_goes_on_behind_the_last_revision_it_reported()
    {
        Server.Watch.Script(FakeWatch.Open(5), FakeWatch.Put(6, "a", "1"), FakeWatch.Break);
        Server.Watch.Script(FakeWatch.Open(9), FakeWatch.Put(8, "a", "2"), FakeWatch.Delete(9, "a"));

        var events = await WatchAsync(count: 4);

        Assert.Equal(["6: a=1", "interrupted", "8: a=2", "9: -a"], events);
        Assert.Equal([0, 7], Server.Watch.Created.Select(create => create.StartRevision));
    }

    /// <summary>"Created" tells what now is. It must not be taken for progress when history is still to come.</summary>
    [Fact]
    public async Task A_watch_from_now_learns_its_revision_and_one_from_history_keeps_its_own()
    {
        Server.Watch.Script(FakeWatch.Open(50), FakeWatch.Break);
        Server.Watch.Script(FakeWatch.Open(60), FakeWatch.Break);
        Server.Watch.Script(FakeWatch.Open(70), FakeWatch.Put(52, "a", "1"));

        await WatchAsync(count: 3);
        Assert.Equal([0, 51, 51], Server.Watch.Created.Select(create => create.StartRevision));
    }

    [Fact]
    public async Task Progress_moves_the_point_to_go_on_from()
    {
        Server.Watch.Script(FakeWatch.Open(5), FakeWatch.Progress(30), FakeWatch.Break);
        Server.Watch.Script(FakeWatch.Open(40), FakeWatch.Put(31, "a", "1"));

        await WatchAsync(count: 2, startRevision: 3);

        Assert.Equal([3, 31], Server.Watch.Created.Select(create => create.StartRevision));
    }

    [Fact]
    public async Task One_revision_in_several_answers_is_reported_once_and_whole()
    {
        Server.Watch.Script(
            FakeWatch.Open(5), FakeWatch.Put(6, "a", "1", fragment: true), FakeWatch.Put(6, "b", "2", fragment: true), FakeWatch.Put(6, "c", "3"));

        Assert.Equal(["6: a=1 b=2 c=3"], await WatchAsync(count: 1));
    }

    /// <summary>Half a revision is no revision: the stream breaks between the parts, so it is asked for again.</summary>
    [Fact]
    public async Task A_revision_that_came_in_part_is_asked_for_again()
    {
        Server.Watch.Script(FakeWatch.Open(5), FakeWatch.Put(6, "a", "1", fragment: true), FakeWatch.Break);
        Server.Watch.Script(FakeWatch.Open(6), FakeWatch.Put(6, "a", "1", fragment: true), FakeWatch.Put(6, "b", "2"));

        Assert.Equal(["interrupted", "6: a=1 b=2"], await WatchAsync(count: 2));
        Assert.Equal([0, 6], Server.Watch.Created.Select(create => create.StartRevision));
    }

    [Fact]
    public async Task After_compaction_the_range_is_listed_and_the_watch_goes_on_behind_the_list()
    {
        Server.Kv.Revision = 19;
        Server.Kv.Set("a", "9");
        Server.Watch.Script(FakeWatch.Open(20), FakeWatch.Compacted(15));
        Server.Watch.Script(FakeWatch.Open(20), FakeWatch.Put(21, "a", "10"));

        var events = await WatchAsync(count: 2, startRevision: 2);

        Assert.Equal(["relisted at 20 because of 15: a=9", "21: a=10"], events);
        Assert.Equal([2, 21], Server.Watch.Created.Select(create => create.StartRevision));
    }

    [Fact]
    public async Task A_watch_that_the_server_cancels_ends_with_the_reason()
    {
        Server.Watch.Script(new Concord.Protocol.Etcd.WatchResponse
        {
            Header = new() { Revision = 5 },
            Created = true,
            Canceled = true,
            WatchId = -1,
            CancelReason = "etcdserver: permission denied",
        });

        var refused = await Assert.ThrowsAsync<ConcordServerException>(() => WatchAsync(count: 1));

        Assert.Contains("permission denied", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_watches_share_one_stream_and_each_goes_on_where_it_was()
    {
        for (var i = 0; i < 20; i++)
            Server.Watch.Script(FakeWatch.Open(5), FakeWatch.Put(6 + i, "a", "1"));
        Server.Watch.Script(FakeWatch.Break);
        var watches = Enumerable.Range(0, 20).Select(async i =>
        {
            var events = new List<KvWatchEvent>();
            await foreach (var news in Client.Kv.WatchAsync(KeyRange.Single($"k{i}"), cancellationToken: TestContext.Current.CancellationToken))
            {
                events.Add(news);
                if (events.Count == 2)
                    break;
            }

            return events;
        }).ToList();
        await Wait.UntilAsync(() => Server.Watch.Created.Count == 20, "all watches are created");
        Assert.Equal(1, Server.Watch.Streams);

        // One more watch, and the stream breaks for all of them.
        await using var last = Client.Kv.WatchAsync(KeyRange.Single("last"), cancellationToken: TestContext.Current.CancellationToken).GetAsyncEnumerator();
        Assert.True(await last.MoveNextAsync());
        var all = await Task.WhenAll(watches).WaitAsync(Wait.Bound, TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => Server.Watch.Streams == 2, "the stream is opened again");

        Assert.All(all, events => Assert.Equal([typeof(KvWatchEvent.Changed), typeof(KvWatchEvent.Interrupted)], events.Select(one => one.GetType())));
        Assert.Equal(
            Enumerable.Range(6, 20).Select(revision => (long)revision),
            all.Select(events => ((KvWatchEvent.Changed)events[0]).Revision).Order());
    }

    [Fact]
    public async Task A_watch_that_nobody_reads_any_more_is_cancelled_and_the_others_go_on()
    {
        Server.Watch.Script(FakeWatch.Open(5), FakeWatch.Put(6, "a", "1"));
        Server.Watch.Script(FakeWatch.Open(5), FakeWatch.Put(6, "a", "1"));
        await using var stays = Client.Kv.WatchAsync(KeyRange.All, cancellationToken: TestContext.Current.CancellationToken).GetAsyncEnumerator();
        Assert.True(await stays.MoveNextAsync());

        await WatchAsync(count: 1);

        await Wait.UntilAsync(() => Server.Watch.Cancelled.Count == 1, "the server is told");
        Assert.Equal([1], Server.Watch.Cancelled);
        Assert.Equal(1, Server.Watch.Streams);
    }

    /// <summary>A stream that is refused, not a watch on it: to try again would be to try for ever.</summary>
    [Fact]
    public async Task A_stream_that_the_server_refuses_ends_its_watches()
    {
        Server.Watch.Refuse = new RpcException(new Status(StatusCode.PermissionDenied, "etcdserver: permission denied"));

        var refused = await Assert.ThrowsAsync<ConcordServerException>(() => WatchAsync(count: 1));

        Assert.Equal(StatusCode.PermissionDenied, refused.Status);
    }

    private async Task<List<string>> WatchAsync(int count, long startRevision = 0)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromSeconds(20));
        var events = new List<string>();
        await foreach (var news in Client.Kv.WatchAsync(KeyRange.All, new() { StartRevision = startRevision }, stop.Token))
        {
            events.Add(Describe(news));
            if (events.Count == count)
                break;
        }

        return events;
    }

    private static string Describe(KvWatchEvent news) => news switch
    {
        KvWatchEvent.Changed changed => $"{changed.Revision}: " + string.Join(
            ' ', changed.Changes.Select(change => change.Deleted ? $"-{change.Key}" : $"{change.Key}={change.Current!.Value}")),
        KvWatchEvent.Relisted relisted => $"relisted at {relisted.Revision} because of {relisted.CompactedRevision}: "
            + string.Join(' ', relisted.Pairs.Select(pair => $"{pair.Key}={pair.Value}")),
        _ => "interrupted",
    };
}
