using Concord.Client;
using Concord.Client.Coordination;
using Concord.Client.Kv;

namespace Concord.IntegrationTests;

/// <summary>The client against a real etcd: nothing in its keys, watches, leases and locks needs Concord.</summary>
public sealed class ClientOnEtcdTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A lease that is kept for several times its time to live, the one beside it that is not, and a watch that sees both.</summary>
    [Fact]
    public async Task A_lease_is_kept_beyond_its_time_and_a_watch_sees_the_end_of_one_that_is_not()
    {
        await using var etcd = await StartAsync();
        await using var client = new ConcordClient(etcd.Url);
        await using var kept = await client.Leases.GrantAsync(TimeSpan.FromSeconds(2));
        var left = (await new Protocol.Etcd.Lease.LeaseClient(etcd.Channel).LeaseGrantAsync(new() { TTL = 6 })).ID;
        await client.Kv.PutAsync("leases/kept", "1", new() { Lease = kept.Id });
        var last = await client.Kv.PutAsync("leases/left", "1", new() { Lease = left });

        var gone = await NextAsync(client, KeyRange.Prefix("leases/"), new() { StartRevision = last.Revision + 1, WithPrevious = true });

        Assert.Equal(("leases/left", true, "1"), (gone.Key.ToString(), gone.Deleted, gone.Previous!.Value.ToString()));
        Assert.False(kept.Lost.IsCancellationRequested);
        Assert.NotNull(await client.Kv.GetAsync("leases/kept"));
        await kept.DisposeAsync();
        Assert.Null(await client.Kv.GetAsync("leases/kept"));
    }

    /// <summary>A holder that is not heard any more: its token fires while etcd still has the key.</summary>
    [Fact]
    public async Task A_lock_counts_as_lost_before_etcd_lets_it_go()
    {
        await using var etcd = await StartAsync();
        await using var client = new ConcordClient(etcd.Url);
        await using var held = await client.Locks.AcquireAsync("locks/frozen", new() { Ttl = TimeSpan.FromSeconds(5) });
        var lost = new TaskCompletionSource();
        held.Lost.Register(lost.SetResult);

        etcd.Freeze();
        await lost.Task.WaitAsync(Patience);
        etcd.Thaw();

        Assert.IsType<ConcordUnavailableException>(held.LostReason);
        Assert.Equal(TimeSpan.Zero, held.Remaining);
    }

    [Fact]
    public async Task Watches_go_on_when_etcd_is_started_again_and_say_so_when_compaction_has_overtaken_them()
    {
        var etcd = await StartAsync();
        await using var client = new ConcordClient(etcd.Url);
        var first = await client.Kv.PutAsync("watched/a", "1");
        await using var watch = client.Kv.WatchAsync(KeyRange.Prefix("watched/"), new() { StartRevision = first.Revision }).GetAsyncEnumerator();
        Assert.Equal(first.Revision, Assert.IsType<KvWatchEvent.Changed>(await NextAsync(watch)).Revision);

        await etcd.StopAsync();
        Assert.IsType<KvWatchEvent.Interrupted>(await NextAsync(watch));
        await etcd.RestartAsync();
        var second = await PutAsync(client, "watched/a", "2");
        Assert.Equal(second, Assert.IsType<KvWatchEvent.Changed>(await NextAsync(watch, interruptions: true)).Revision);

        var late = client.Kv.WatchAsync(KeyRange.Prefix("watched/"), new() { StartRevision = first.Revision }).GetAsyncEnumerator();
        await new Protocol.Etcd.KV.KVClient(etcd.Channel).CompactAsync(new() { Revision = second });
        var list = Assert.IsType<KvWatchEvent.Relisted>(await NextAsync(late));
        Assert.Equal(("2", second), (Assert.Single(list.Pairs).Value.ToString(), list.Revision));
        await late.DisposeAsync();
        await etcd.DisposeAsync();
    }

    [Fact]
    public async Task Ours_and_etcdctl_lock_exclude_each_other()
    {
        await using var etcd = await StartAsync();
        await using var client = new ConcordClient(etcd.Url);
        var end = Path.Combine(_folder["end"], "now");
        Directory.CreateDirectory(_folder["end"]);

        // Theirs holds until the file appears, and prints the key that it holds.
        await using var theirs = TestProcess.Start(
            "etcdctl", ["--endpoints", etcd.Url, "lock", "locks/a", "--", "sh", "-c", $"echo held $ETCD_LOCK_KEY; until [ -e {end} ]; do sleep 0.1; done"],
            new Dictionary<string, string> { ["ETCDCTL_API"] = "3" });
        await theirs.WaitForLineAsync(line => line.StartsWith("held", StringComparison.Ordinal));
        Assert.Null(await client.Locks.TryAcquireAsync("locks/a"));
        var waiting = client.Locks.AcquireAsync("locks/a");
        await UntilAsync(async () => await client.Kv.CountAsync(KeyRange.Prefix("locks/a/")) == 2);
        Assert.False(waiting.IsCompleted);

        await File.WriteAllTextAsync(end, "");
        await using var ours = await waiting.WaitAsync(Patience);
        await using var theirsAgain = TestProcess.Start(
            "etcdctl", ["--endpoints", etcd.Url, "lock", "locks/a", "--", "echo", "held again"], new Dictionary<string, string> { ["ETCDCTL_API"] = "3" });
        await UntilAsync(async () => await client.Kv.CountAsync(KeyRange.Prefix("locks/a/")) == 2);
        Assert.DoesNotContain("held again", theirsAgain.Output, StringComparison.Ordinal);

        await ours.DisposeAsync();
        await theirsAgain.WaitForLineAsync(line => line.Contains("held again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Locks_with_readers_permits_and_leaders_work_on_etcd()
    {
        await using var etcd = await StartAsync();
        await using var client = new ConcordClient(etcd.Url);
        var tokens = new List<long>();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            await using var held = await client.Locks.AcquireAsync("locks/b");
            tokens.Add(held.FencingToken);
        }));
        Assert.Equal(tokens.Order().Distinct(), tokens);

        await using (await client.Locks.AcquireReadAsync("locks/c"))
        await using (await client.Locks.AcquireReadAsync("locks/c"))
        {
            Assert.Null(await client.Locks.TryAcquireAsync("locks/c"));
        }

        await using (await client.Locks.AcquirePermitAsync("locks/d", 2))
        await using (await client.Locks.AcquirePermitAsync("locks/d", 2))
        {
            Assert.Null(await client.Locks.TryAcquirePermitAsync("locks/d", 2));
        }

        await using var leadership = await client.Elections.CampaignAsync("elections/a", "one");
        Assert.Equal(new Leader(leadership.Key, "one", leadership.FencingToken), await client.Elections.GetLeaderAsync("elections/a"));
        Assert.True(await leadership.ProclaimAsync("two"));
        var theirs = await EtcdProcess.ControlAsync("--endpoints", etcd.Url, "get", "--prefix", "elections/a/", "--print-value-only");
        Assert.Equal("two", theirs.Trim());
    }

    private async Task<EtcdProcess> StartAsync()
    {
        Assert.SkipWhen(EtcdProcess.Missing is not null, EtcdProcess.Missing ?? "");
        return await EtcdProcess.StartAsync(_folder["etcd"]);
    }

    /// <summary>Until etcd is there: what it did not take may be sent again, and whether it took it the revision tells.</summary>
    private static async Task<long> PutAsync(ConcordClient client, string key, string value)
    {
        var revision = 0L;
        await UntilAsync(async () =>
        {
            try
            {
                revision = (await client.Kv.PutAsync(key, value)).Revision;
                return true;
            }
            catch (ConcordUnavailableException error) when (error.NothingSent)
            {
                return false;
            }
        });
        return revision;
    }

    private static async Task<KvChange> NextAsync(ConcordClient client, KeyRange range, WatchOptions options)
    {
        await using var watch = client.Kv.WatchAsync(range, options).GetAsyncEnumerator();
        return Assert.Single(Assert.IsType<KvWatchEvent.Changed>(await NextAsync(watch)).Changes);
    }

    private static async Task<KvWatchEvent> NextAsync(IAsyncEnumerator<KvWatchEvent> watch, bool interruptions = false)
    {
        do
            Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
        while (interruptions && watch.Current is KvWatchEvent.Interrupted);
        return watch.Current;
    }

    /// <summary>Each look is a call over the network, so this does not spin.</summary>
    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
            patience.Token.ThrowIfCancellationRequested();
    }
}
