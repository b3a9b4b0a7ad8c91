using Concord.Protocol.Etcd;
using Concord.Server.Etcd;
using Concord.Server.Replica;
using Concord.Tests.Administration;
using Grpc.Core;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Etcd;

public sealed class ClusterServiceTests
{
    private static readonly MemberListRequest Linearizable = new() { Linearizable = true };

    [Fact]
    public async Task A_member_is_added_at_a_follower_gets_its_vote_by_itself_and_is_removed_again()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var follower = (await cluster.LeaderAsync() + 1) % 3;
        var index = cluster.Add();

        var added = await cluster.Cluster(follower).MemberAddAsync(new MemberAddRequest { PeerURLs = { cluster.PeerUrl(index) } });
        Assert.NotEqual(0UL, added.Member.ID);
        Assert.Equal(("", false, 4, 0), (added.Member.Name, added.Member.IsLearner, added.Members.Count, added.Header.Revision));
        await RefusedAsync(
            StatusCode.FailedPrecondition, "etcdserver: Peer URLs already exists",
            () => cluster.Cluster(follower).MemberAddAsync(new MemberAddRequest { PeerURLs = { cluster.PeerUrl(index) } }).ResponseAsync);

        await cluster.StartAsync(index, "existing");
        Assert.Contains(added.Member.ID, await cluster.VotersAsync(follower, 4));
        Assert.Equal(added.Member.ID, cluster.Id(index));

        // The new member makes its name known by itself; after that nothing changes but what is asked for.
        await cluster.UntilAsync(() => cluster.Cluster(follower).MemberList(Linearizable).Members.All(member => member.Name.Length > 0));

        var removed = await cluster.Cluster(index).MemberRemoveAsync(new MemberRemoveRequest { ID = cluster.Id(follower) });
        Assert.DoesNotContain(removed.Members, member => member.ID == cluster.Id(follower));
        var list = await cluster.Cluster(index).MemberListAsync(Linearizable);
        Assert.Equal(removed.Members, list.Members);
        await RefusedAsync(
            StatusCode.NotFound, "etcdserver: member not found",
            () => cluster.Cluster(index).MemberRemoveAsync(new MemberRemoveRequest { ID = cluster.Id(follower) }).ResponseAsync);
    }

    [Fact]
    public async Task A_member_can_be_asked_to_remove_itself_whether_it_leads_or_not()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var follower = (await cluster.LeaderAsync() + 1) % 3;
        var id = cluster.Id(follower);
        var removed = await cluster.Cluster(follower).MemberRemoveAsync(new MemberRemoveRequest { ID = id });
        Assert.Equal(2, removed.Members.Count);
        await cluster.StopAsync(follower);

        var leader = await cluster.LeaderAsync();
        id = cluster.Id(leader);
        removed = await cluster.Cluster(leader).MemberRemoveAsync(new MemberRemoveRequest { ID = id });
        Assert.DoesNotContain(removed.Members, member => member.ID == id);
        await cluster.StopAsync(leader);
        await cluster.LeaderAsync();
    }

    [Fact]
    public async Task A_learner_is_promoted_when_it_has_caught_up()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var index = cluster.Add();
        var added = await cluster.Cluster(0).MemberAddAsync(new MemberAddRequest { PeerURLs = { cluster.PeerUrl(index) }, IsLearner = true });
        await RefusedAsync(
            StatusCode.FailedPrecondition, "etcdserver: too many learner members in cluster",
            () => cluster.Cluster(0).MemberAddAsync(new MemberAddRequest { PeerURLs = { "http://127.0.0.1:1" }, IsLearner = true }).ResponseAsync);
        Assert.True(added.Member.IsLearner);
        await RefusedAsync(
            StatusCode.FailedPrecondition, "etcdserver: can only promote a learner member which is in sync with leader",
            () => cluster.Cluster(0).MemberPromoteAsync(new MemberPromoteRequest { ID = added.Member.ID }).ResponseAsync);

        await cluster.StartAsync(index, "existing");
        await cluster.UntilAsync(() => cluster.Cluster(0).MemberList(Linearizable).Members.All(member => member.Name.Length > 0));
        var promoted = await cluster.Cluster(index).MemberPromoteAsync(new MemberPromoteRequest { ID = added.Member.ID });

        Assert.All(promoted.Members, member => Assert.False(member.IsLearner));
        Assert.Equal(2, promoted.Members.Count);
    }

    [Fact]
    public async Task Wrong_addresses_are_refused_and_a_lost_member_can_be_removed()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        const string BadUrls = "etcdserver: given member URLs are invalid";
        foreach (var urls in new[] { Array.Empty<string>(), ["10.0.0.1:2380"], ["http://10.0.0.1:2380/path"], ["unix://a:1"] })
        {
            await RefusedAsync(StatusCode.InvalidArgument, BadUrls, () => cluster.Cluster(0).MemberAddAsync(new MemberAddRequest { PeerURLs = { urls } }).ResponseAsync);
        }

        var leader = await cluster.LeaderAsync();
        var lost = cluster.Id((leader + 1) % 3);
        await cluster.StopAsync((leader + 1) % 3);

        await cluster.Cluster(leader).MemberRemoveAsync(new MemberRemoveRequest { ID = lost });
        Assert.DoesNotContain(lost, await cluster.VotersAsync(leader, 2));
    }

    [Theory]
    [InlineData(ReplicaFailure.Unhealthy, StatusCode.Unavailable, "etcdserver: unhealthy cluster")]
    [InlineData(ReplicaFailure.NotEnoughStarted, StatusCode.FailedPrecondition, "etcdserver: re-configuration failed due to not enough started members")]
    public void A_change_that_would_lose_the_majority_is_refused_in_the_words_of_etcd(ReplicaFailure failure, StatusCode code, string text)
    {
        var error = EtcdErrors.From(new ReplicaException(failure, "why"));
        Assert.Equal((code, text), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task A_member_moves_to_another_address()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var id = cluster.Id(0);

        var updated = await cluster.Cluster(0).MemberUpdateAsync(new MemberUpdateRequest { ID = id, PeerURLs = { "http://10.9.8.7:2380/" } });

        Assert.Equal("http://10.9.8.7:2380", Assert.Single(Assert.Single(updated.Members).PeerURLs));
        Assert.NotEmpty(updated.Members[0].ClientURLs);
    }

    [Fact]
    public async Task Leadership_moves_on_request_and_only_the_leader_gives_it_away()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync();
        var target = (leader + 1) % 3;
        await RefusedAsync(
            StatusCode.FailedPrecondition, "etcdserver: not leader",
            () => cluster.Maintenance(target).MoveLeaderAsync(new MoveLeaderRequest { TargetID = cluster.Id(target) }).ResponseAsync);

        await cluster.Maintenance(leader).MoveLeaderAsync(new MoveLeaderRequest { TargetID = cluster.Id(target) });

        Assert.Equal(target, await cluster.LeaderAsync());
    }
}
