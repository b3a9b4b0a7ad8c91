using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.IntegrationTests;

/// <summary>Three real processes: whatever happens to one of them, nothing acknowledged is lost and the others go on.</summary>
public sealed class ClusterTests(ITestOutputHelper output)
{
    private static readonly int Rounds = Built.Long ? 30 : 4;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_leaders_are_killed()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3, "--snapshot-count", "500", "--snapshot-catchup-entries", "100");
        await using var load = new ClusterLoad(cluster.Addresses, 12);
        for (var round = 0; round < Rounds; round++)
        {
            await load.MoreAsync(300);
            var leader = await cluster.LeaderAsync();
            await cluster.KillAsync(leader);
            await load.MoreAsync(300);
            await cluster.StartAsync(leader);
        }

        await load.MoreAsync(300);
        await load.StopAsync();
        await cluster.AssertEqualAsync();
        foreach (var member in cluster.Running)
        {
            await load.VerifyAsync(member.KV);
        }

        output.WriteLine($"{Rounds} leaders killed, {load.Acknowledged} acknowledged writes, {load.Failures.Count()} failed tries, all there");
    }

    [Fact]
    public async Task A_rolling_restart_costs_no_call_more_than_a_retry()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3);
        await using var load = new ClusterLoad(cluster.Addresses, 12);
        await load.MoreAsync(200);
        for (var index = 0; index < 3; index++)
        {
            var took = await cluster.TerminateAsync(index);
            output.WriteLine($"member {index} stopped in {took.TotalMilliseconds:F0} ms");
            await load.MoreAsync(200);
            await cluster.StartAsync(index);
            await cluster.LeaderAsync();
            await load.MoreAsync(200);
        }

        await load.StopAsync();
        await load.VerifyAsync(cluster[0].KV);
        await cluster.AssertEqualAsync();
        output.WriteLine($"{load.Acknowledged} writes, {load.Failures.Count()} failed tries");
        foreach (var failure in load.Failures.Take(20))
        {
            output.WriteLine(failure);
        }

        Assert.True(load.MostRetries <= 1, $"a call had to be tried {load.MostRetries + 1} times: {string.Join("; ", load.Failures.Take(10))}");
    }

    [Fact]
    public async Task A_member_that_was_away_for_long_catches_up_by_snapshot_and_its_watchers_miss_nothing()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3, "--snapshot-count", "100", "--snapshot-catchup-entries", "10");
        var leader = await cluster.LeaderAsync();
        var away = (leader + 1) % 3;
        await PutAsync(cluster[leader], "before", "1");
        var first = (await PutAsync(cluster[leader], "w/first", "1")).Header.Revision;
        await cluster.KillAsync(away);
        for (var i = 0; i < 500; i++)
        {
            await PutAsync(cluster[leader], $"w/{i}", "x");
        }

        await cluster.StartAsync(away);
        using var watch = new Watch.WatchClient(cluster[away].Channel).Watch();
        await watch.RequestStream.WriteAsync(new WatchRequest
        {
            CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("w/"), RangeEnd = ByteString.CopyFromUtf8("w0"), StartRevision = first },
        });
        var revisions = new List<long>();
        while (revisions.Count < 501)
        {
            Assert.True(await watch.ResponseStream.MoveNext(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token));
            Assert.False(watch.ResponseStream.Current.Canceled, watch.ResponseStream.Current.CancelReason);
            revisions.AddRange(watch.ResponseStream.Current.Events.Select(one => one.Kv.ModRevision));
        }

        Assert.Equal(Enumerable.Range(0, 501).Select(i => first + i), revisions);
        Assert.Contains("The state was replaced by the leader's", cluster[away].Process.Output, StringComparison.Ordinal);
        await cluster.AssertEqualAsync();
    }

    [Fact]
    public async Task A_member_whose_data_is_gone_must_not_vote_again_and_comes_back_as_a_new_one()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3, "--snapshot-count", "100", "--snapshot-catchup-entries", "10");
        var leader = await cluster.LeaderAsync();
        for (var i = 0; i < 300; i++)
        {
            await PutAsync(cluster[leader], $"k/{i}", "x");
        }

        var lost = (leader + 1) % 3;
        var id = (await cluster.TryStatusAsync(lost))!.Header.MemberId;
        await cluster.KillAsync(lost);
        cluster.Wipe(lost);
        await using (var refused = cluster.Launch(lost, "new"))
        {
            await refused.WaitForExitAsync();
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("has run before", refused.Output, StringComparison.Ordinal);
        }

        var members = new Protocol.Etcd.Cluster.ClusterClient(cluster[leader].Channel);
        await members.MemberRemoveAsync(new MemberRemoveRequest { ID = id });
        await members.MemberAddAsync(new MemberAddRequest { PeerURLs = { cluster.PeerUrl(lost) } });
        await cluster.StartAsync(lost, "existing");
        await cluster.AssertEqualAsync();

        await cluster.UntilAsync(
            async () => (await members.MemberListAsync(new MemberListRequest())).Members.All(member => member.Name.Length > 0 && member.ClientURLs.Count > 0),
            "the new member did not say where it is");
        var list = (await members.MemberListAsync(new MemberListRequest())).Members;
        Assert.Equal(3, list.Count);
        Assert.DoesNotContain(list, member => member.ID == id || member.IsLearner);
    }

    [Fact]
    public async Task A_removed_member_is_told_so_and_stops_also_when_everybody_was_restarted_since()
    {
        await using var cluster = await ClusterProcesses.StartAsync(4);
        var leader = await cluster.LeaderAsync();
        int[] others = [.. Enumerable.Range(0, 4).Where(index => index != leader)];
        var (absent, present) = (others[0], others[1]);
        var absentId = (await cluster.TryStatusAsync(absent))!.Header.MemberId;
        var presentId = (await cluster.TryStatusAsync(present))!.Header.MemberId;
        await cluster.KillAsync(absent);
        var members = new Protocol.Etcd.Cluster.ClusterClient(cluster[leader].Channel);
        await members.MemberRemoveAsync(new MemberRemoveRequest { ID = absentId });

        // One that runs stops by itself.
        await members.MemberRemoveAsync(new MemberRemoveRequest { ID = presentId });
        await cluster.EndAsync(present, 7, "has been permanently removed from the cluster");

        // One that was away is told by members that have been restarted and know it from their disks only.
        foreach (var index in new[] { leader, others[2] })
        {
            await cluster.KillAsync(index);
            await cluster.StartAsync(index);
        }

        await cluster.LeaderAsync();
        await cluster.StartAsync(absent);
        await cluster.EndAsync(absent, 7, "has been permanently removed from the cluster");
        await PutAsync(cluster[others[2]], "k", "goes on");
        await cluster.AssertEqualAsync();
    }

    [Fact]
    public async Task A_frozen_leader_is_replaced_and_follows_when_it_is_back()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3);
        var leader = await cluster.LeaderAsync();
        await PutAsync(cluster[leader], "k", "old");
        cluster[leader].Process.Freeze();
        try
        {
            var other = cluster[(leader + 1) % 3];
            await cluster.UntilAsync(async () => await cluster.TryStatusAsync((leader + 1) % 3) is { Leader: not 0 } status && await LeadsElsewhereAsync(status), "nobody took over");
            await PutAsync(other, "k", "new");

            async Task<bool> LeadsElsewhereAsync(StatusResponse status) =>
                (await cluster.TryStatusAsync((leader + 2) % 3))?.Leader == status.Leader && status.RaftTerm > 1;
        }
        finally
        {
            cluster[leader].Process.Thaw();
        }

        // Linearizable also at the one that slept through it.
        Assert.Equal("new", (await cluster[leader].KV.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("k") })).Kvs[0].Value.ToStringUtf8());
        await cluster.AssertEqualAsync();
    }

    [Fact]
    public async Task Five_members_serve_with_two_dead_and_refuse_with_three()
    {
        await using var cluster = await ClusterProcesses.StartAsync(5);
        var leader = await cluster.LeaderAsync();
        int[] others = [.. Enumerable.Range(0, 5).Where(index => index != leader)];
        await cluster.KillAsync(leader);
        await cluster.KillAsync(others[0]);
        await PutAsync(cluster[others[1]], "a", "1");
        await cluster.KillAsync(others[2]);

        using var http = new HttpClient();
        await cluster.UntilAsync(
            async () => (await http.GetStringOrErrorAsync($"{cluster[others[1]].Address}/health")).Contains("RAFT NO LEADER", StringComparison.Ordinal),
            "a minority still thinks that it has a leader");
        var serializable = await cluster[others[1]].KV.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("a"), Serializable = true });
        Assert.Equal("1", serializable.Kvs[0].Value.ToStringUtf8());

        await cluster.StartAsync(leader);
        await PutAsync(cluster[others[1]], "a", "2");
        await cluster.AssertEqualAsync();
    }

    [Fact]
    public async Task When_the_majority_is_lost_for_good_one_member_goes_on_alone_and_grows_again()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3, "--snapshot-count", "100");
        for (var i = 0; i < 150; i++)
        {
            await PutAsync(cluster[i % 3], $"k/{i}", "x");
        }

        await cluster.AssertEqualAsync();
        for (var index = 0; index < 3; index++)
        {
            await cluster.KillAsync(index);
        }

        await cluster.StartAsync(0, "new", "--force-new-cluster");
        await PutAsync(cluster[0], "k/alone", "x");
        await cluster.KillAsync(0);
        await cluster.StartAsync(0);
        var found = await cluster[0].KV.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("k/"), RangeEnd = ByteString.CopyFromUtf8("k0"), CountOnly = true });
        Assert.Equal(151, found.Count);

        var members = new Protocol.Etcd.Cluster.ClusterClient(cluster[0].Channel);
        Assert.Single((await members.MemberListAsync(new MemberListRequest())).Members);
        foreach (var index in new[] { 1, 2 })
        {
            cluster.Wipe(index);
            await members.MemberAddAsync(new MemberAddRequest { PeerURLs = { cluster.PeerUrl(index) } });
            await cluster.StartAsync(index, "existing");
            await cluster.UntilAsync(async () => await cluster.TryStatusAsync(index) is { IsLearner: false, RaftAppliedIndex: > 0 }, $"member {index} was not given a vote");
        }

        await cluster.AssertEqualAsync();
        await cluster.KillAsync(0);
        await PutAsync(cluster[1], "k/together", "x");
    }

    private static async Task<PutResponse> PutAsync(ServerProcess server, string key, string value) =>
        await server.KV.PutAsync(
            new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) }, deadline: DateTime.UtcNow.AddSeconds(30));
}

internal static class HttpClientExtensions
{
    extension(HttpClient http)
    {
        /// <summary>The body, whatever the status says.</summary>
        public async Task<string> GetStringOrErrorAsync(string url)
        {
            using var response = await http.GetAsync(new Uri(url));
            return await response.Content.ReadAsStringAsync();
        }
    }
}
