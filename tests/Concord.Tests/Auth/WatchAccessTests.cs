using Concord.Protocol.Etcd;
using Concord.Tests.Etcd;
using Google.Protobuf;
using Grpc.Core;
using static Concord.Tests.Etcd.EtcdServer;
using PermissionType = Concord.Protocol.Etcd.Permission.Types.Type;

namespace Concord.Tests.Auth;

/// <summary>Who may watch what, and for how long.</summary>
public sealed class WatchAccessTests
{
    private const string Denied = "rpc error: code = PermissionDenied desc = etcdserver: permission denied";

    [Fact]
    public async Task A_watch_that_is_not_allowed_is_refused_with_the_reason_and_the_stream_goes_on()
    {
        await using var server = await AuthServer.EnabledAsync();
        await server.GrantAsync(PermissionType.Read, "a");
        using var watch = new Watcher(await server.AsAsync("alice"));
        await RefusedAsync(watch, "b", "", Denied);
        await RefusedAsync(watch, "a", "\0", Denied);
        await RefusedAsync(watch, "a", "b", Denied);
        await RefusedAsync(watch, "", "\0", Denied);
        var created = await watch.CreateAsync("a");
        Assert.True(created is { Created: true, Canceled: false });

        using var nobody = new Watcher(server.Anonymous);
        await RefusedAsync(nobody, "a", "", "rpc error: code = InvalidArgument desc = etcdserver: user name is empty");
        using var invalid = new Watcher(server.With("nonsense"));
        await RefusedAsync(invalid, "a", "", "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token");
    }

    [Fact]
    public async Task A_watch_ends_when_its_right_is_taken_though_nothing_happens()
    {
        await using var server = await AuthServer.EnabledAsync();
        await server.GrantAsync(PermissionType.Read, "a");
        var root = server.Auth(await server.AsAsync("root"));
        using var watch = new Watcher(await server.AsAsync("alice"));
        var id = (await watch.CreateAsync("a")).WatchId;
        await root.RoleRevokePermissionAsync(new() { Role = "r", Key = Bytes("a") });
        var end = await watch.NextAsync();
        Assert.Equal((id, true, Denied), (end.WatchId, end.Canceled, end.CancelReason));
        await RefusedAsync(watch, "a", "", Denied);
        await server.GrantAsync(PermissionType.Read, "a");
        Assert.False((await watch.CreateAsync("a")).Canceled);
    }

    [Fact]
    public async Task Nothing_that_happens_after_a_right_was_taken_is_told()
    {
        await using var server = await AuthServer.EnabledAsync();
        await server.GrantAsync(PermissionType.Read, "a", "b");
        var token = await server.AsAsync("root");
        var (root, kv) = (server.Auth(token), server.Kv(token));
        using var watch = new Watcher(await server.AsAsync("alice"));
        await watch.CreateAsync("a", "b");
        for (var i = 0; i < 20; i++)
            await kv.PutAsync(new() { Key = Bytes("a"), Value = Bytes("before") });
        await root.UserRevokeRoleAsync(new() { Name = "alice", Role = "r" });
        for (var i = 0; i < 20; i++)
            await kv.PutAsync(new() { Key = Bytes("a"), Value = Bytes("after") });

        WatchResponse answer;
        while (!(answer = await watch.NextAsync()).Canceled)
            Assert.All(answer.Events, item => Assert.Equal("before", item.Kv.Value.ToStringUtf8()));
        Assert.Equal(Denied, answer.CancelReason);
    }

    [Fact]
    public async Task Watches_of_nobody_end_when_access_begins_to_be_checked_and_others_of_the_stream_too()
    {
        await using var server = await AuthServer.StartAsync();
        var auth = server.Auth(server.Anonymous);
        await auth.UserAddAsync(new() { Name = "root", Password = "root" });
        await auth.UserGrantRoleAsync(new() { User = "root", Role = "root" });
        using var watch = new Watcher(server.Anonymous);
        await watch.CreateAsync("a");
        await watch.CreateAsync("b");
        await auth.AuthEnableAsync(new());
        var ends = new[] { await watch.NextAsync(), await watch.NextAsync() };
        Assert.All(ends, end => Assert.Equal((true, "rpc error: code = InvalidArgument desc = etcdserver: user name is empty"), (end.Canceled, end.CancelReason)));
        Assert.Equal([0L, 1], ends.Select(end => end.WatchId).Order());
    }

    [Fact]
    public async Task Locks_and_elections_need_the_rights_of_what_they_do()
    {
        await using var server = await AuthServer.EnabledAsync();
        await server.GrantAsync(PermissionType.Readwrite, "mine/", "mine0");
        var alice = await server.AsAsync("alice");
        var locks = new Protocol.Etcd.Lock.LockClient(alice);
        var election = new Election.ElectionClient(alice);
        var held = await locks.LockAsync(new() { Name = Bytes("mine") });
        await locks.UnlockAsync(new() { Key = held.Key });
        var won = await election.CampaignAsync(new() { Name = Bytes("mine"), Value = Bytes("me") });
        await election.ProclaimAsync(new() { Leader = won.Leader, Value = Bytes("still me") });
        Assert.Equal("still me", (await election.LeaderAsync(new() { Name = Bytes("mine") })).Kv.Value.ToStringUtf8());
        await election.ResignAsync(new() { Leader = won.Leader });

        const StatusCode Code = StatusCode.PermissionDenied;
        const string Text = "etcdserver: permission denied";
        await EtcdServer.RefusedAsync(Code, Text, () => locks.LockAsync(new() { Name = Bytes("theirs") }).ResponseAsync);
        await EtcdServer.RefusedAsync(Code, Text, () => locks.UnlockAsync(new() { Key = Bytes("theirs/1") }).ResponseAsync);
        await EtcdServer.RefusedAsync(Code, Text, () => election.CampaignAsync(new() { Name = Bytes("theirs") }).ResponseAsync);
        await EtcdServer.RefusedAsync(Code, Text, () => election.LeaderAsync(new() { Name = Bytes("theirs") }).ResponseAsync);
        await EtcdServer.RefusedAsync(Code, Text, () => election.ResignAsync(new() { Leader = new() { Name = Bytes("theirs"), Key = Bytes("theirs/1") } }).ResponseAsync);
        await EtcdServer.RefusedAsync(Code, Text, () => election.ProclaimAsync(new() { Leader = new() { Name = Bytes("theirs"), Key = Bytes("theirs/1") } }).ResponseAsync);
        await EtcdServer.RefusedAsync(Code, Text, () => election.Observe(new() { Name = Bytes("theirs") }).ResponseStream.MoveNext(default));
    }

    [Fact]
    public async Task Leases_with_keys_of_others_are_theirs()
    {
        await using var server = await AuthServer.EnabledAsync();
        await server.GrantAsync(PermissionType.Readwrite, "mine");
        var (root, alice) = (await server.AsAsync("root"), await server.AsAsync("alice"));
        var leases = new Lease.LeaseClient(alice);
        await leases.LeaseGrantAsync(new() { ID = 7, TTL = 60 });
        await server.Kv(alice).PutAsync(new() { Key = Bytes("mine"), Lease = 7 });
        Assert.Equal([Bytes("mine")], (await leases.LeaseTimeToLiveAsync(new() { ID = 7, Keys = true })).Keys);
        Assert.Equal(60, await KeepAliveAsync());
        await server.Kv(root).PutAsync(new() { Key = Bytes("theirs"), Lease = 7 });

        const string Text = "etcdserver: permission denied";
        await EtcdServer.RefusedAsync(StatusCode.PermissionDenied, Text, () => leases.LeaseTimeToLiveAsync(new() { ID = 7, Keys = true }).ResponseAsync);
        await EtcdServer.RefusedAsync(StatusCode.PermissionDenied, Text, () => leases.LeaseRevokeAsync(new() { ID = 7 }).ResponseAsync);
        await EtcdServer.RefusedAsync(StatusCode.PermissionDenied, Text, KeepAliveAsync);
        await EtcdServer.RefusedAsync(StatusCode.PermissionDenied, Text, () => server.Kv(alice).PutAsync(new() { Key = Bytes("mine"), Lease = 7 }).ResponseAsync);
        Assert.Empty((await leases.LeaseTimeToLiveAsync(new() { ID = 7 })).Keys);
        Assert.Single((await leases.LeaseLeasesAsync(new())).Leases);

        async Task<long> KeepAliveAsync()
        {
            using var call = leases.LeaseKeepAlive();
            await call.RequestStream.WriteAsync(new() { ID = 7 });
            await call.ResponseStream.MoveNext(default);
            return call.ResponseStream.Current.TTL;
        }
    }

    private static async Task RefusedAsync(Watcher watch, string key, string end, string reason)
    {
        var answer = await watch.CreateAsync(key, end);
        Assert.Equal((true, true, -1L, reason), (answer.Created, answer.Canceled, answer.WatchId, answer.CancelReason));
    }

    private sealed class Watcher(CallInvoker invoker) : IDisposable
    {
        private readonly AsyncDuplexStreamingCall<WatchRequest, WatchResponse> _call = new Watch.WatchClient(invoker).Watch();

        public async Task<WatchResponse> CreateAsync(string key, string end = "")
        {
            await _call.RequestStream.WriteAsync(new() { CreateRequest = new() { Key = ByteString.CopyFromUtf8(key), RangeEnd = ByteString.CopyFromUtf8(end) } });
            return await NextAsync();
        }

        public async Task<WatchResponse> NextAsync()
        {
            using var patience = new CancellationTokenSource(Patience);
            Assert.True(await _call.ResponseStream.MoveNext(patience.Token));
            return _call.ResponseStream.Current;
        }

        public void Dispose() => _call.Dispose();
    }
}
