using Concord.Client;
using Concord.Client.Kv;
using Concord.Tests.Etcd;
using KeyRange = Concord.Client.Kv.KeyRange;

namespace Concord.Tests.Client.Kv;

/// <summary>Watches against a whole server, with histories longer than any buffer.</summary>
public sealed class KvWatchServerTests(EtcdServer server) : IClassFixture<EtcdServer>, IAsyncLifetime
{
    /// <summary>Twice what a watch buffers.</summary>
    private const int Many = 2500;

    private readonly ConcordClient _client = new(TestClients.Options(new Uri(server.Url)));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task A_slow_consumer_delays_nobody_else_and_misses_nothing_itself()
    {
        await using var slow = await ReadOnceAsync("slow/");
        await using var quick = await ReadOnceAsync("slow/");

        await WriteAsync("slow/", Many);
        var seen = await ReadAsync(quick, Many);
        var seenLate = (await ReadAsync(slow, Many + 1)).Skip(1);

        Assert.Equal(Enumerable.Range(0, Many).Select(i => $"{i}").Order(), seen.Select(change => change.Current!.Value.ToString()).Order());
        Assert.Equal(seen.Select(change => change.Current!.ModRevision).Order(), seen.Select(change => change.Current!.ModRevision));
        Assert.Equal(seen.Select(change => change.Current!.ModRevision), seenLate.Select(change => change.Current!.ModRevision));
    }

    [Fact]
    public async Task A_slow_consumer_that_compaction_overtakes_gets_the_list_and_then_the_changes_after_it()
    {
        await using var slow = await ReadOnceAsync("late/");
        await using var quick = await ReadOnceAsync("late/");
        await WriteAsync("late/", Many);
        var last = (await ReadAsync(quick, Many))[^1].Current!.ModRevision;
        await server.Kv.CompactAsync(new() { Revision = last }, cancellationToken: Stop);

        KvWatchEvent.Relisted? list = null;
        var before = 0L;
        while (list is null)
        {
            Assert.True(await slow.MoveNextAsync());
            if (slow.Current is KvWatchEvent.Changed changed)
                before = changed.Revision;
            list = slow.Current as KvWatchEvent.Relisted;
        }

        await _client.Kv.PutAsync("late/after", "1", cancellationToken: Stop);
        var after = Assert.Single(await ReadAsync(slow, 1));

        Assert.True(before < list.CompactedRevision);
        Assert.Equal(last, Assert.Single(list.Pairs).ModRevision);
        Assert.Equal("late/after", after.Key.ToString());
        Assert.True(after.Current!.ModRevision > list.Revision);
    }

    [Fact]
    public async Task Puts_or_deletes_alone_and_what_was_there_before()
    {
        await using var puts = await OpenAsync("kinds/", new() { Changes = KvChangeKinds.Puts });
        await using var deletes = await OpenAsync("kinds/", new() { Changes = KvChangeKinds.Deletes, WithPrevious = true });
        await _client.Kv.PutAsync("kinds/a", "1", cancellationToken: Stop);
        await _client.Kv.DeleteAsync(KeyRange.Single("kinds/a"), cancellationToken: Stop);
        await _client.Kv.PutAsync("kinds/b", "2", cancellationToken: Stop);

        Assert.Equal(["kinds/a", "kinds/b"], (await ReadAsync(puts, 2)).Select(change => change.Key.ToString()));
        var gone = Assert.Single(await ReadAsync(deletes, 1));
        Assert.Equal((true, "1", (KeyValue?)null), (gone.Deleted, gone.Previous!.Value.ToString(), gone.Current));
    }

    [Fact]
    public async Task A_transaction_is_one_event()
    {
        await using var watch = await OpenAsync("txn/");
        await _client.Kv.Transaction().Then(KvOperation.Put("txn/a", "1"), KvOperation.Put("txn/b", "2")).CommitAsync(Stop);

        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(["txn/a", "txn/b"], Assert.IsType<KvWatchEvent.Changed>(watch.Current).Changes.Select(change => change.Key.ToString()));
    }

    [Fact]
    public async Task A_client_that_is_disposed_ends_its_watches()
    {
        var client = new ConcordClient(TestClients.Options(new Uri(server.Url)));
        var watch = client.Kv.WatchAsync(KeyRange.All, cancellationToken: Stop).GetAsyncEnumerator();
        var next = watch.MoveNextAsync().AsTask();

        await client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => next);
        await watch.DisposeAsync();
    }

    /// <summary>A watch from a revision that is known, so that nothing written from now on is before it.</summary>
    private async Task<IAsyncEnumerator<KvWatchEvent>> OpenAsync(string prefix, WatchOptions? options = null)
    {
        var now = (await server.GetAsync(prefix)).Header.Revision;
        return _client.Kv.WatchAsync(KeyRange.Prefix(prefix), (options ?? new()) with { StartRevision = now + 1 }, Stop).GetAsyncEnumerator(Stop);
    }

    /// <summary>A watch that the server has, whose consumer has read one change and then pauses.</summary>
    private async Task<IAsyncEnumerator<KvWatchEvent>> ReadOnceAsync(string prefix)
    {
        var first = await _client.Kv.PutAsync($"{prefix}key", "first", cancellationToken: Stop);
        var watch = _client.Kv.WatchAsync(KeyRange.Prefix(prefix), new() { StartRevision = first.Revision }, Stop).GetAsyncEnumerator(Stop);
        Assert.Equal("first", Assert.Single(await ReadAsync(watch, 1)).Current!.Value.ToString());
        return watch;
    }

    /// <summary>Many at a time, so that they share flushes.</summary>
    private Task WriteAsync(string prefix, int count) => Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = 100, CancellationToken = Stop },
        async (i, stop) => await _client.Kv.PutAsync($"{prefix}key", $"{i}", cancellationToken: stop));

    private static async Task<List<KvChange>> ReadAsync(IAsyncEnumerator<KvWatchEvent> watch, int count)
    {
        var changes = new List<KvChange>();
        while (changes.Count < count)
        {
            Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Wait.Bound, Stop));
            changes.AddRange(Assert.IsType<KvWatchEvent.Changed>(watch.Current).Changes);
        }

        return changes;
    }
}
