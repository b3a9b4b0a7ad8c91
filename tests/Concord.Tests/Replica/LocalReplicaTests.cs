using System.Text;
using Concord.Mvcc;
using Concord.Server.Replica;
using Concord.Simulator.Disk;
using Concord.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Replica;

public sealed class LocalReplicaTests
{
    private static readonly ReplicaOptions Options = new()
    {
        Identity = new(1, 2, "test"),
        TickInterval = TimeSpan.FromMilliseconds(10),
        DiskFullRetry = TimeSpan.FromMilliseconds(10),
        Storage = new() { SegmentBytes = 64 << 10 },
    };

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task A_write_is_answered_when_it_is_applied_and_a_read_that_follows_sees_it()
    {
        await using var replica = await StartAsync(NewDisk());
        var result = await replica.ProposeAsync(Put("a", "1"), Patience);

        Assert.True(result.IsOk);
        Assert.Equal(2, result.Revision);
        var view = await replica.ReadAsync(Patience);
        Assert.Equal("1"u8.ToArray(), view.Get("a"u8)!.Value.ToArray());
        Assert.Equal(replica.Status.MemberId, replica.Status.LeaderId);
    }

    [Fact]
    public async Task A_real_directory_holds_the_same_state_after_a_restart()
    {
        var directory = Directory.CreateTempSubdirectory("concord-test-").FullName;
        try
        {
            uint before;
            await using (var replica = await StartAsync(new FileDisk(directory)))
            {
                await WriteSomeAsync(replica, 500);
                Assert.Equal(StoreError.None, replica.View.Hash(0, out before));
                await Assert.ThrowsAsync<DiskInUseException>(() => StartAsync(new FileDisk(directory)));
            }

            await using var again = await StartAsync(new FileDisk(directory));
            Assert.Equal(StoreError.None, again.View.Hash(0, out var after));
            Assert.Equal(before, after);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Commands wait for each other while a flush is under way, and may stay below the number that a turn is worth.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(40)]
    public async Task Writes_that_come_during_a_flush_share_an_append_and_are_not_left_lying(int writes)
    {
        const int Rounds = 20;
        var disk = NewDisk();
        await using var replica = await StartAsync(disk);
        var before = disk.Writes;
        for (var round = 0; round < Rounds; round++)
        {
            disk.HoldFlushes();
            var first = replica.ProposeAsync(Put("first", $"{round}"), Patience).AsTask();
            var others = Enumerable.Range(0, writes).Select(i => replica.ProposeAsync(Put($"w{i}", $"{round}"), Patience).AsTask()).ToArray();
            Assert.False(first.IsCompleted);
            disk.LetFlushesGo();
            await Task.WhenAll([first, .. others]);
        }

        Assert.Equal(1 + (Rounds * (1 + writes)), replica.View.Revision);

        // The first, the others, now and then zeros or a segment; with an append for each it would be up to 41 in a round.
        Assert.InRange(disk.Writes - before, 1, Rounds * 8);
    }

    [Fact]
    public async Task Many_writers_get_each_their_own_answer_in_revision_order()
    {
        await using var replica = await StartAsync(NewDisk());
        var revisions = await Task.WhenAll(Enumerable.Range(0, 32).Select(async writer =>
        {
            var mine = new List<long>();
            for (var i = 0; i < 50; i++)
            {
                var result = await replica.ProposeAsync(Put($"w{writer}", $"{i}"), Patience);
                mine.Add(result.Revision);
                Assert.True((await replica.ReadAsync(Patience)).Revision >= result.Revision);
            }

            return mine;
        }));

        Assert.All(revisions, mine => Assert.Equal(mine.Order(), mine));
        Assert.Equal(Enumerable.Range(2, 1600).Select(revision => (long)revision), revisions.SelectMany(mine => mine).Order());
    }

    [Theory]
    [InlineData(CrashLoss.Everything)]
    [InlineData(CrashLoss.Random)]
    public async Task A_crash_loses_nothing_that_was_acknowledged(CrashLoss loss)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var disk = NewDisk(seed);
            var acknowledged = 0;
            await using var replica = await StartAsync(disk, Options with { SnapshotEntries = 40 });
            using var stop = new CancellationTokenSource();
            var writing = Task.Run(async () =>
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    await replica.ProposeAsync(Put($"k{i}", $"{i}"), Patience);
                    Volatile.Write(ref acknowledged, i + 1);
                }
            });
            await Until(() => Volatile.Read(ref acknowledged) >= 60 * seed);
            var promised = Volatile.Read(ref acknowledged);
            var crashed = disk.AfterCrash(seed, loss);
            await stop.CancelAsync();
            await writing;

            await using var again = await StartAsync(crashed);
            for (var i = 0; i < promised; i++)
            {
                Assert.Equal(Encoding.UTF8.GetBytes($"{i}"), again.View.Get(Encoding.UTF8.GetBytes($"k{i}"))?.Value.ToArray());
            }

            // What was not acknowledged is a prefix of what was asked: nothing has holes.
            var found = Enumerable.Range(0, promised + 1000).TakeWhile(i => again.View.Get(Encoding.UTF8.GetBytes($"k{i}")) is not null).Count();
            Assert.Equal(found + 1, again.View.Revision);
        }
    }

    [Fact]
    public async Task On_a_full_disk_writes_are_refused_reads_go_on_and_it_resumes_by_itself()
    {
        var disk = NewDisk();
        await using var replica = await StartAsync(disk);
        await replica.ProposeAsync(Put("before", "1"), Patience);
        disk.Change(d => d.CapacityBytes = d.UsedBytes);

        var failure = await FillAsync(replica);
        Assert.Equal(ReplicaFailure.DiskFull, failure);
        Assert.True(replica.IsDiskFull);
        Assert.NotNull((await replica.ReadAsync(Patience)).Get("before"u8));

        disk.Change(d => d.CapacityBytes = long.MaxValue);
        await Until(() => !replica.IsDiskFull);
        Assert.True((await replica.ProposeAsync(Put("after", "1"), Patience)).IsOk);
    }

    [Fact]
    public async Task A_failed_flush_stops_the_replica_and_what_it_did_not_answer_stays_unanswered()
    {
        var disk = NewDisk();
        await using var replica = await StartAsync(disk);
        await replica.ProposeAsync(Put("kept", "1"), Patience);
        disk.Change(d => d.Faults.FailNextFlush = true);

        var error = await Assert.ThrowsAsync<ReplicaException>(async () => await replica.ProposeAsync(Put("lost", "1"), Patience));
        Assert.Equal(ReplicaFailure.Stopped, error.Failure);
        Assert.IsType<StorageFailedException>(await replica.Failure.WaitAsync(Patience));
        Assert.Null(replica.View.Get("lost"u8));
        await Assert.ThrowsAsync<ReplicaException>(async () => await replica.ReadAsync(Patience));
        await Assert.ThrowsAsync<ReplicaException>(async () => await replica.ProposeAsync(Put("more", "1"), Patience));

        await using var again = await StartAsync(disk.AfterCrash(1, CrashLoss.Everything));
        Assert.NotNull(again.View.Get("kept"u8));
        Assert.Null(again.View.Get("lost"u8));
    }

    [Fact]
    public async Task Above_the_limit_of_pending_calls_new_ones_are_refused_and_ticks_and_reads_go_on()
    {
        var disk = NewDisk();
        await using var replica = await StartAsync(disk, Options with { PendingMax = 5 });
        disk.HoldFlushes();
        var waiting = Enumerable.Range(0, 5).Select(i => replica.ProposeAsync(Put($"k{i}", "v"), Patience).AsTask()).ToList();

        var error = await Assert.ThrowsAsync<ReplicaException>(async () => await replica.ProposeAsync(Put("k5", "v"), Patience));
        Assert.Equal(ReplicaFailure.TooManyRequests, error.Failure);
        Assert.Null((await replica.ReadAsync(Patience)).Get("k0"u8));

        disk.LetFlushesGo();
        await Task.WhenAll(waiting);
        Assert.True((await replica.ProposeAsync(Put("k5", "v"), Patience)).IsOk);
        await Until(() => replica.Pending == 0);
    }

    [Fact]
    public async Task The_bytes_of_pending_calls_are_limited_too()
    {
        var disk = NewDisk();
        await using var replica = await StartAsync(disk, Options with { PendingBytesMax = 10_000 });
        disk.HoldFlushes();
        var first = replica.ProposeAsync(Put("a", new string('x', 6000)), Patience);

        var error = await Assert.ThrowsAsync<ReplicaException>(async () => await replica.ProposeAsync(Put("b", new string('x', 6000)), Patience));
        Assert.Equal(ReplicaFailure.TooManyRequests, error.Failure);
        disk.LetFlushesGo();
        Assert.True((await first).IsOk);
    }

    [Fact]
    public async Task A_call_that_takes_too_long_is_told_that_its_fate_is_unknown_and_applies_later()
    {
        var disk = NewDisk();
        await using var replica = await StartAsync(disk, Options with { RequestTimeout = TimeSpan.FromMilliseconds(50) });
        disk.HoldFlushes();
        var error = await Assert.ThrowsAsync<ReplicaException>(async () => await replica.ProposeAsync(Put("late", "1"), Patience));
        Assert.Equal(ReplicaFailure.TimedOut, error.Failure);

        disk.LetFlushesGo();
        await Until(() => replica.View.Get("late"u8) is not null);
        Assert.Equal(0, replica.Pending);
    }

    [Fact]
    public async Task A_cancelled_call_ends_at_once_and_may_still_apply()
    {
        var disk = NewDisk();
        await using var replica = await StartAsync(disk);
        disk.HoldFlushes();
        using var cancellation = new CancellationTokenSource();
        var call = replica.ProposeAsync(Put("a", "1"), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);

        disk.LetFlushesGo();
        await Until(() => replica.View.Get("a"u8) is not null);
        Assert.True((await replica.ProposeAsync(Put("b", "1"), Patience)).IsOk);
    }

    [Fact]
    public async Task Above_the_quota_growing_writes_are_refused_until_deleting_and_compacting_made_room()
    {
        await using var replica = await StartAsync(NewDisk(), Options with { QuotaBytes = 20_000 });
        var large = new string('x', 9_000);
        await replica.ProposeAsync(Put("a", large), Patience);
        await replica.ProposeAsync(Put("a", large), Patience);
        await replica.ProposeAsync(Put("a", large), Patience);
        Assert.True(replica.IsOverQuota);

        foreach (var growing in (Command[])[Put("b", "1"), new LeaseGrantCommand(new(1), 5), new WriteCommand(new TransactionOperation([], [], [((WriteCommand)Put("b", "1")).Operation]))])
        {
            var error = await Assert.ThrowsAsync<ReplicaException>(async () => await replica.ProposeAsync(growing, Patience));
            Assert.Equal(ReplicaFailure.NoSpace, error.Failure);
        }

        var deleted = await replica.ProposeAsync(new WriteCommand(new DeleteOperation(KeyRange.Single("a"u8.ToArray()))), Patience);
        Assert.True((await replica.ProposeAsync(new CompactCommand(deleted.Revision), Patience)).IsOk);
        await Until(() => !replica.IsOverQuota);
        Assert.True((await replica.ProposeAsync(Put("b", "1"), Patience)).IsOk);
    }

    [Fact]
    public async Task A_request_above_the_limit_is_refused_with_both_sizes()
    {
        await using var replica = await StartAsync(NewDisk(), Options with { RequestBytesMax = 1000 });
        var error = await Assert.ThrowsAsync<ReplicaException>(async () => await replica.ProposeAsync(Put("a", new string('x', 1000)), Patience));

        Assert.Equal(ReplicaFailure.RequestTooLarge, error.Failure);
        Assert.Contains("1000 of --max-request-bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshots_are_written_beside_writes_old_log_goes_and_a_restart_starts_from_them()
    {
        var disk = NewDisk();
        uint before;
        await using (var replica = await StartAsync(disk, Options with { SnapshotEntries = 50 }))
        {
            for (var i = 0; i < 20; i++)
            {
                await WriteSomeAsync(replica, 100, valueBytes: 1000);
                await replica.ProposeAsync(new CompactCommand(replica.View.Revision), Patience);
            }

            await Until(() => disk.List("snapshots").Count == 2);
            Assert.True(disk.List("log").Count < 20, "the log was not shortened");
            Assert.Equal(StoreError.None, replica.View.Hash(0, out before));
        }

        await using var again = await StartAsync(disk);
        Assert.Equal(StoreError.None, again.View.Hash(0, out var after));
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task A_snapshot_that_finds_no_room_harms_nothing()
    {
        var disk = NewDisk();
        await using var replica = await StartAsync(disk, Options with { SnapshotEntries = 50 });
        disk.Change(d => d.CapacityBytes = d.UsedBytes);
        await WriteSomeAsync(replica, 60);

        Assert.True((await replica.ProposeAsync(Put("a", "1"), Patience)).IsOk);
    }

    [Fact]
    public async Task A_lease_ends_by_the_ticks_is_kept_by_renewing_and_its_time_left_is_told()
    {
        await using var replica = await StartAsync(NewDisk());
        var lease = new LeaseId(9);
        await replica.ProposeAsync(new LeaseGrantCommand(lease, 1), Patience);
        await replica.ProposeAsync(new WriteCommand(new PutOperation("a"u8.ToArray(), "1"u8.ToArray()) { Lease = lease }), Patience);
        Assert.Equal(1, await replica.KeepAliveAsync(lease, Patience));
        Assert.InRange((await replica.TimeToLiveAsync(lease, Patience))!.Value, 0, 1);

        await Until(() => replica.View.Get("a"u8) is null);
        Assert.Equal(0, await replica.KeepAliveAsync(lease, Patience));
        Assert.Null(await replica.TimeToLiveAsync(lease, Patience));
    }

    [Fact]
    public async Task Watchers_see_each_acknowledged_write()
    {
        await using var replica = await StartAsync(NewDisk());
        using var stream = replica.Watches.OpenStream();
        stream.Create(new(KeyRange.All));
        await WriteSomeAsync(replica, 100);

        var seen = new List<long>();
        while (seen.Count < 100)
        {
            if (await stream.ReadAsync(Patience) is WatchNotice.Events events)
            {
                seen.AddRange(events.Changes.Select(change => change.ModRevision));
            }
        }

        Assert.Equal(Enumerable.Range(2, 100).Select(revision => (long)revision), seen);
    }

    [Fact]
    public async Task A_stop_lets_calls_under_way_finish_and_refuses_new_ones()
    {
        var disk = NewDisk();
        var replica = await StartAsync(disk);
        disk.HoldFlushes();
        var underWay = replica.ProposeAsync(Put("a", "1"), Patience).AsTask();
        var stopping = replica.StopAsync();
        await Until(() => Refused(replica));
        disk.LetFlushesGo();
        await stopping;

        Assert.True((await underWay).IsOk);
        await using var again = await StartAsync(disk);
        Assert.NotNull(again.View.Get("a"u8));
    }

    private static bool Refused(LocalReplica replica)
    {
        var call = replica.TimeToLiveAsync(new(1), CancellationToken.None);
        return call.IsFaulted && call.AsTask().Exception!.InnerException is ReplicaException { Failure: ReplicaFailure.Stopped };
    }

    private static SharedDisk NewDisk(int seed = 1) => new(new SimulatedDisk(seed));

    private static Task<LocalReplica> StartAsync(IDisk disk, ReplicaOptions? options = null) =>
        LocalReplica.StartAsync(options ?? Options, disk, NullLogger<LocalReplica>.Instance, Patience);

    private static WriteCommand Put(string key, string value) =>
        new(new PutOperation(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value)));

    private static Task<CommandResult[]> WriteSomeAsync(LocalReplica replica, int count, int valueBytes = 10) => Task.WhenAll(
        Enumerable.Range(0, count).Select(i => replica.ProposeAsync(Put($"key{i % 50}", new string('v', valueBytes)), Patience).AsTask()));

    /// <summary>Writes until the replica says no; calls that are stuck on the full disk are left to their fate.</summary>
    private static async Task<ReplicaFailure> FillAsync(LocalReplica replica)
    {
        var patience = Patience;
        while (true)
        {
            patience.ThrowIfCancellationRequested();
            var call = replica.ProposeAsync(Put("filler", new string('x', 5000)), CancellationToken.None).AsTask();
            await Until(() => call.IsCompleted || replica.IsDiskFull);
            if (call.IsFaulted)
            {
                return ((ReplicaException)call.Exception!.InnerException!).Failure;
            }
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        var patience = Patience;
        while (!condition())
        {
            patience.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
