using System.Text;
using Concord.Mvcc;
using Concord.Raft;
using Concord.Server.Replica;

namespace Concord.Tests.Replica;

public sealed class ReplicaGroupTests
{
    private static CancellationToken Patience => ReplicaGroup.Patience;

    [Fact]
    public async Task A_write_at_any_member_is_answered_from_its_own_state_and_read_at_every_other()
    {
        await using var group = await ReplicaGroup.StartAsync(3);
        for (var i = 0; i < 3; i++)
        {
            var result = await group[i].ProposeAsync(Put("k", $"{i}"), Patience);

            Assert.True(result.IsOk);
            Assert.True(group[i].View.Revision >= result.Revision, "the answer came before the view that holds it");
            foreach (var reader in group.Running)
            {
                var view = await reader.ReadAsync(Patience);
                Assert.Equal($"{i}", Encoding.UTF8.GetString(view.Get("k"u8)!.Value.Span));
            }
        }
    }

    [Fact]
    public async Task A_transaction_forwarded_to_the_leader_brings_its_whole_result_back()
    {
        await using var group = await ReplicaGroup.StartAsync(3);
        var follower = group[(await group.LeaderAsync() + 1) % 3];
        await follower.ProposeAsync(Put("k", "old"), Patience);

        var result = await follower.ProposeAsync(
            new WriteCommand(new TransactionOperation([], [new RangeOperation(KeyRange.Single("k"u8.ToArray())), new PutOperation("k"u8.ToArray(), "new"u8.ToArray())], [])), Patience);

        var transaction = (TransactionResult)result.Result!;
        Assert.Equal("old", Encoding.UTF8.GetString(((RangeResult)transaction.Results[0]).Items[0].Value.Span));
    }

    [Fact]
    public async Task Many_writers_at_all_members_get_each_their_own_answer()
    {
        await using var group = await ReplicaGroup.StartAsync(3);
        var revisions = await Task.WhenAll(Enumerable.Range(0, 30).Select(async writer =>
        {
            var mine = new List<long>();
            for (var i = 0; i < 20; i++)
            {
                mine.Add((await group[writer % 3].ProposeAsync(Put($"w{writer}", $"{i}"), Patience)).Revision);
            }

            return mine;
        }));

        Assert.All(revisions, mine => Assert.Equal(mine.Order(), mine));
        Assert.Equal(600, revisions.SelectMany(mine => mine).Distinct().Count());
        await group.AssertEqualAsync();
    }

    [Fact]
    public async Task A_lease_is_renewed_and_asked_about_at_every_member()
    {
        await using var group = await ReplicaGroup.StartAsync(3);
        var lease = new LeaseId(7);
        await group[0].ProposeAsync(new LeaseGrantCommand(lease, 60), Patience);
        foreach (var replica in group.Running)
        {
            Assert.Equal(60, await replica.KeepAliveAsync(lease, Patience));
            Assert.InRange((await replica.TimeToLiveAsync(lease, Patience))!.Value, 1, 60);
            Assert.Equal(0, await replica.KeepAliveAsync(new(8), Patience));
            Assert.Null(await replica.TimeToLiveAsync(new(8), Patience));
        }
    }

    [Fact]
    public async Task Leadership_goes_where_it_is_sent_and_calls_meanwhile_wait_for_it()
    {
        await using var group = await ReplicaGroup.StartAsync(3);
        var leader = await group.LeaderAsync();
        var target = (leader + 1) % 3;
        var writes = Enumerable.Range(0, 60).Select(i => group[i % 3].ProposeAsync(Put($"k{i}", "v"), Patience).AsTask()).ToArray();

        await group[leader].HandOverAsync(ReplicaGroup.IdOf(target).Value, Patience);

        Assert.Equal(target, await group.LeaderAsync());
        Assert.All(await Task.WhenAll(writes), result => Assert.True(result.IsOk));
        var refused = await Assert.ThrowsAsync<ReplicaException>(() => group[leader].HandOverAsync(1, Patience));
        Assert.Equal(ReplicaFailure.NotLeader, refused.Failure);
        refused = await Assert.ThrowsAsync<ReplicaException>(() => group[target].HandOverAsync(99, Patience));
        Assert.Equal(ReplicaFailure.BadTransferTarget, refused.Failure);
    }

    [Fact]
    public async Task A_leader_that_stops_hands_over_first_and_no_call_at_the_others_fails()
    {
        await using var group = await ReplicaGroup.StartAsync(3);
        var leader = await group.LeaderAsync();
        var others = Enumerable.Range(0, 3).Where(i => i != leader).ToArray();
        var calls = Enumerable.Range(0, 200).Select(i => group[others[i % 2]].ProposeAsync(Put($"k{i}", "v"), Patience).AsTask()).ToArray();
        var term = group[others[0]].Status.Term;

        await group.StopAsync(leader);

        Assert.All(await Task.WhenAll(calls), result => Assert.True(result.IsOk));
        await group.LeaderAsync();
        Assert.Equal(term + 1, group[others[0]].Status.Term);
        await group.AssertEqualAsync();
    }

    [Fact]
    public async Task Without_a_majority_calls_wait_and_go_on_when_it_is_back()
    {
        await using var group = await ReplicaGroup.StartAsync(3);
        await group[0].ProposeAsync(Put("k", "1"), Patience);
        await group.StopAsync(1);
        await group.StopAsync(2);
        await ReplicaGroup.UntilAsync(() => group[0].Status.LeaderId == 0);
        var write = group[0].ProposeAsync(Put("k", "2"), Patience).AsTask();
        var read = group[0].ReadAsync(Patience).AsTask();
        Assert.NotNull(group[0].View.Get("k"u8));

        await group.StartAsync(1);

        Assert.True((await write).IsOk);
        Assert.NotNull((await read).Get("k"u8));
    }

    [Fact]
    public async Task A_replica_that_gets_a_snapshot_loses_no_event_of_its_watchers()
    {
        await using var group = await ReplicaGroup.StartAsync(3, snapshotEntries: 50, catchUpEntries: 5);
        var leader = await group.LeaderAsync();
        var away = (leader + 1) % 3;
        await group[leader].ProposeAsync(Put("k", "0"), Patience);
        await group.AssertEqualAsync();
        await group.StopAsync(away);
        for (var i = 1; i <= 400; i++)
        {
            await group[leader].ProposeAsync(Put("k", $"{i}"), Patience);
        }

        await group.StartAsync(away);
        using var stream = group[away].Watches.OpenStream();
        stream.Create(new(KeyRange.All, 2));
        var seen = new List<long>();
        while (seen.Count < 401)
        {
            if (await stream.ReadAsync(Patience) is WatchNotice.Events events)
            {
                seen.AddRange(events.Changes.Select(change => change.ModRevision));
            }
        }

        Assert.Equal(Enumerable.Range(2, 401).Select(revision => (long)revision), seen);
        await group.AssertEqualAsync();
    }

    [Fact]
    public async Task A_watcher_whose_history_the_snapshot_lacks_is_cancelled_and_told_why()
    {
        await using var group = await ReplicaGroup.StartAsync(3, snapshotEntries: 50, catchUpEntries: 5);
        var leader = await group.LeaderAsync();
        var away = (leader + 1) % 3;
        await group[leader].ProposeAsync(Put("k", "0"), Patience);
        await group.AssertEqualAsync();
        await group.StopAsync(away);
        for (var i = 1; i <= 200; i++)
        {
            await group[leader].ProposeAsync(Put("k", $"{i}"), Patience);
        }

        await group[leader].ProposeAsync(new CompactCommand(150), Patience);
        for (var i = 1; i <= 200; i++)
        {
            await group[leader].ProposeAsync(Put("j", $"{i}"), Patience);
        }

        await group.StartAsync(away);
        using var stream = group[away].Watches.OpenStream();
        stream.Create(new(KeyRange.All, 3));
        WatchNotice notice;
        do
        {
            notice = await stream.ReadAsync(Patience);
            Assert.False(notice is WatchNotice.Events { Revision: >= 150 }, "an event after a gap");
        }
        while (notice is not WatchNotice.Canceled);

        Assert.Equal(150, ((WatchNotice.Canceled)notice).CompactedRevision);
    }

    [Fact]
    public async Task Who_belongs_to_the_cluster_is_known_everywhere_and_can_be_changed_anywhere()
    {
        await using var group = await ReplicaGroup.StartAsync(3);
        var follower = (await group.LeaderAsync() + 1) % 3;
        await group[follower].AnnounceAsync(["http://here:1"], Patience);

        await ReplicaGroup.UntilAsync(() => group.Running.All(replica => replica.Members[follower].ClientUrls is ["http://here:1"]));
        Assert.Equal(["n0", "n1", "n2"], group[0].Members.Select(member => member.Name));

        await group[follower].ChangeMembershipAsync([new(MemberChangeKind.AddLearner, new(9))], new Dictionary<MemberId, Concord.Node.MemberInfo>(), Patience);
        await ReplicaGroup.UntilAsync(() => group.Running.All(replica => replica.Members is { Count: 4 } members && members[3].IsLearner));
        var refused = await Assert.ThrowsAsync<ReplicaException>(() => group[follower].ChangeMembershipAsync(
            [new(MemberChangeKind.AddVoter, new(9))], new Dictionary<MemberId, Concord.Node.MemberInfo>(), Patience));
        Assert.Equal(ReplicaFailure.LearnerNotReady, refused.Failure);
    }

    [Fact]
    public async Task A_member_whose_state_is_not_the_majoritys_stops_serving_and_says_so()
    {
        await using var group = await ReplicaGroup.StartAsync(3, snapshotEntries: 10);
        var victim = (await group.LeaderAsync() + 1) % 3;
        await group[0].ProposeAsync(Put("k", "the truth"), Patience);
        for (var i = 0; i < 30; i++)
        {
            await group[0].ProposeAsync(Put("j", $"{i}"), Patience);
        }

        await group.AssertEqualAsync();
        await ReplicaGroup.UntilAsync(() => group.DiskOf(victim).List("snapshots").Any(name => name.EndsWith(".snapshot", StringComparison.Ordinal)));
        await group.StopAsync(victim);
        Falsify(group.DiskOf(victim), new(1, ReplicaGroup.IdOf(victim).Value, $"n{victim}"));

        await group.StartAsync(victim);
        for (var i = 0; !group[victim].Failure.IsCompleted; i++)
        {
            // A round needs a revision that was not compared yet.
            await group[(victim + 1) % 3].ProposeAsync(Put("more", $"{i}"), Patience);
        }

        var failure = Assert.IsType<StateDivergedException>(await group[victim].Failure);
        Assert.Contains("differs from the majority's", failure.Message, StringComparison.Ordinal);
        Assert.All(group.Running.Where(replica => replica != group[victim]), replica => Assert.False(replica.Failure.IsCompleted));
    }

    /// <summary>Puts a snapshot in the place of the newest one that differs in one value: as whole, and wrong.</summary>
    private static void Falsify(SharedDisk disk, Concord.Storage.MemberIdentity identity)
    {
        using var storage = Concord.Storage.ReplicaStorage.Open(disk, identity, new() { SegmentBytes = 64 << 10 }, out var found);
        var reader = new KeySpaceSnapshotReader();
        using (var file = storage.Snapshots.Open(storage.Log.Snapshot))
        {
            while (file.TryReadChunk(out var chunk))
            {
                reader.Feed(chunk.Span);
            }
        }

        var truth = reader.Complete();
        var lie = new KeySpace();
        lie.Apply(Put("k", "the lie"));
        for (var i = 0; lie.Publish().Revision < truth.View.Revision; i++)
        {
            lie.Apply(Put("j", $"{i}"));
        }

        var body = new System.Buffers.ArrayBufferWriter<byte>();
        var source = new KeySpaceSnapshotWriter(lie.View);
        while (source.WriteNext(body, 64 << 10))
        {
        }

        using var writer = storage.Snapshots.Create(found.Snapshot!);
        writer.Write(body.WrittenSpan);
        writer.Commit();
    }

    private static WriteCommand Put(string key, string value) => new(new PutOperation(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value)));
}
