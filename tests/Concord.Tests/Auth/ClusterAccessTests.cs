using Concord.Protocol.Etcd;
using Concord.Tests.Administration;
using Grpc.Core;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Auth;

/// <summary>Users in a group of three: the same everywhere, and so are tokens.</summary>
public sealed class ClusterAccessTests
{
    [Fact]
    public async Task A_token_is_good_at_every_member_also_when_the_one_that_gave_it_and_the_leader_are_gone()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync();
        var others = Enumerable.Range(0, 3).Where(index => index != leader).ToArray();
        var auth = new Protocol.Etcd.Auth.AuthClient(cluster[others[0]]);
        await auth.UserAddAsync(new() { Name = "root", Password = "root" });
        await auth.UserGrantRoleAsync(new() { User = "root", Role = "root" });
        await auth.UserAddAsync(new() { Name = "alice", Password = "alice" });
        await auth.RoleAddAsync(new() { Name = "r" });
        await auth.RoleGrantPermissionAsync(new() { Name = "r", Perm = new() { PermType = Permission.Types.Type.Readwrite, Key = Bytes("a") } });
        await auth.UserGrantRoleAsync(new() { User = "alice", Role = "r" });
        await auth.AuthEnableAsync(new());

        // Signed in at the leader, used at once at members that may not have heard of the user yet.
        var token = (await new Protocol.Etcd.Auth.AuthClient(cluster[leader]).AuthenticateAsync(new() { Name = "alice", Password = "alice" })).Token;
        var headers = new Metadata { { "token", token } };
        foreach (var index in Enumerable.Range(0, 3))
        {
            await new KV.KVClient(cluster[index]).PutAsync(new() { Key = Bytes("a"), Value = Bytes($"{index}") }, headers);
            await RefusedAsync(StatusCode.PermissionDenied, "etcdserver: permission denied", () => new KV.KVClient(cluster[index]).PutAsync(new() { Key = Bytes("b") }, headers).ResponseAsync);
            await RefusedAsync(StatusCode.InvalidArgument, "etcdserver: user name is empty", () => new KV.KVClient(cluster[index]).PutAsync(new() { Key = Bytes("a") }).ResponseAsync);
        }

        await cluster.StopAsync(leader);
        await cluster.LeaderAsync();
        Assert.Equal("2", (await new KV.KVClient(cluster[others[0]]).RangeAsync(new() { Key = Bytes("a") }, headers)).Kvs[0].Value.ToStringUtf8());
        await new KV.KVClient(cluster[others[1]]).PutAsync(new() { Key = Bytes("a"), Value = Bytes("after") }, headers);

        // The one that was away comes back with the same users, and the same token.
        await cluster.StartAsync(leader);
        await cluster.LeaderAsync();
        Assert.Equal("after", (await new KV.KVClient(cluster[leader]).RangeAsync(new() { Key = Bytes("a") }, headers)).Kvs[0].Value.ToStringUtf8());

        // A right that is taken at one member is gone at all for whoever asks afterwards.
        var root = (await new Protocol.Etcd.Auth.AuthClient(cluster[leader]).AuthenticateAsync(new() { Name = "root", Password = "root" })).Token;
        await new Protocol.Etcd.Auth.AuthClient(cluster[others[0]]).UserRevokeRoleAsync(new() { Name = "alice", Role = "r" }, new Metadata { { "token", root } });
        foreach (var index in Enumerable.Range(0, 3))
        {
            await RefusedAsync(StatusCode.PermissionDenied, "etcdserver: permission denied", () => new KV.KVClient(cluster[index]).RangeAsync(new() { Key = Bytes("a") }, headers).ResponseAsync);
            await RefusedAsync(StatusCode.PermissionDenied, "etcdserver: permission denied", () => new KV.KVClient(cluster[index]).PutAsync(new() { Key = Bytes("a") }, headers).ResponseAsync);
        }
    }
}
