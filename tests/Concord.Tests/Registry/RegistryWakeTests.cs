using System.Collections.Concurrent;
using Concord.Mvcc.Auth;
using Concord.Protocol.V1;
using Concord.Server.Hosting.Grpc;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Push;
using Concord.Server.Registry.Records;
using Concord.Tests.Client;

namespace Concord.Tests.Registry;

/// <summary>Who is woken when, by what, and how often.</summary>
public sealed class RegistryWakeTests : IAsyncDisposable
{
    private static readonly IReadOnlySet<string> Orders = new HashSet<string> { "orders" };

    private readonly RegistryCentre _centre = new();
    private readonly CancellationTokenSource _ending = new(Wait.Bound);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _ending.Dispose();
        await _centre.DisposeAsync();
    }

    [Fact]
    public async Task A_change_reaches_each_of_many_once()
    {
        const int Count = 2000;
        const int Changes = 5;
        var got = new ConcurrentQueue<WatchServicesResponse>[Count];
        var loops = new List<Task>();
        for (var i = 0; i < Count; i++)
        {
            var messages = got[i] = new();
            loops.Add(LoopAsync(await FollowAsync(), message =>
            {
                messages.Enqueue(message);
                return Task.CompletedTask;
            }));
        }

        for (var n = 1; n <= Changes; n++)
        {
            await ChangeAsync($"n{n}");
            await Wait.UntilAsync(() => got.All(messages => messages.Count > n), $"change {n} is everywhere");
        }

        Assert.All(got, messages =>
        {
            Assert.Equal(WatchServicesResponse.EventOneofCase.Full, messages.First().EventCase);
            Assert.Equal(Enumerable.Range(1, Changes).Select(n => $"n{n}"), messages.Skip(1).Select(one => Assert.Single(one.Delta.Set).Id));
        });
        _centre.Hub.Stop();
        await UntilEndedAsync(loops);
        Assert.Equal((0, 0), (_centre.Hub.FollowerCount, _centre.Hub.ViewCount));
    }

    [Fact]
    public async Task One_whose_write_does_not_end_holds_up_nobody()
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = new ConcurrentQueue<WatchServicesResponse>();
        var fast = new ConcurrentQueue<WatchServicesResponse>();
        var loops = new[]
        {
            LoopAsync(await FollowAsync(), message =>
            {
                slow.Enqueue(message);
                return slow.Count == 2 ? written.Task : Task.CompletedTask;
            }),
            LoopAsync(await FollowAsync(), message =>
            {
                fast.Enqueue(message);
                return Task.CompletedTask;
            }),
        };
        for (var n = 1; n <= 4; n++)
        {
            await ChangeAsync($"n{n}");
            await Wait.UntilAsync(() => fast.Count == n + 1, "the other one has it");
            await Wait.UntilAsync(() => slow.Count == 2, "the slow one is at its first change");
        }

        // Then it gets all that it missed at once.
        written.SetResult();
        await Wait.UntilAsync(() => slow.Count == 3, "the slow one goes on");
        Assert.Equal("n2 n3 n4", string.Join(' ', slow.Last().Delta.Set.Select(one => one.Id)));
        _centre.Hub.Stop();
        await UntilEndedAsync(loops);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_ends_its_own_waiting()
    {
        using var call = new CancellationTokenSource();
        using var ended = await FollowAsync(call.Token);
        using var other = await FollowAsync();
        await ended.NextAsync();
        await other.NextAsync();
        var (next, same) = (ended.NextAsync().AsTask(), other.NextAsync().AsTask());

        await call.CancelAsync();
        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => next.WaitAsync(Wait.Bound));
        Assert.Equal(call.Token, error.CancellationToken);
        await Assert.ThrowsAsync<OperationCanceledException>(() => ended.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.False(same.IsCompleted);

        await ChangeAsync("a");
        Assert.Equal("a", Assert.Single(Message(await same.WaitAsync(Wait.Bound)).Delta.Set).Id);
    }

    [Fact]
    public async Task When_the_hub_stops_everybody_ends_and_nobody_begins()
    {
        using var following = await FollowAsync();
        using var polling = await FollowAsync(known: 1);
        using var late = await FollowAsync();
        await following.NextAsync();
        await late.NextAsync();
        var (next, poll) = (following.NextAsync().AsTask(), polling.WaitAsync(TimeSpan.FromSeconds(30)));

        _centre.Hub.Stop();
        foreach (var waiting in (Task[])[next, poll, late.NextAsync().AsTask()])
        {
            var error = await Assert.ThrowsAsync<OperationCanceledException>(() => waiting.WaitAsync(Wait.Bound));
            Assert.Equal(_centre.Hub.Stopping, error.CancellationToken);
        }
    }

    [Fact]
    public async Task Who_loses_the_right_is_woken_and_refused_and_others_wait_on()
    {
        var range = RegistryKeys.Instances("orders");
        _centre.Change(
            new AddUser("root", "hash", HasNoPassword: false), new GrantRole("root", "root"),
            new AddUser("alice", "hash", HasNoPassword: false), new AddRole("r"), new GrantRole("alice", "r"), new GrantPermission("r", new(Access.Read, range)),
            new EnableAuth(new byte[32], 1));
        await _centre.StartHubAsync();
        var query = RegistryCentre.Query("orders");
        using var alice = await InstancesFollowing.StartAsync(_centre.Hub, _centre.Store.For(new("alice", long.MaxValue)), query, 0, _ending.Token);
        using var root = await InstancesFollowing.StartAsync(_centre.Hub, _centre.Store.For(new("root", long.MaxValue)), query, 0, _ending.Token);
        await alice.NextAsync();
        await root.NextAsync();
        var (next, other) = (alice.NextAsync().AsTask(), root.NextAsync().AsTask());

        _centre.Change(new RevokePermission("r", range));

        var refused = await Assert.ThrowsAsync<RegistryException>(() => next.WaitAsync(Wait.Bound));
        Assert.Equal(RegistryErrorCode.PermissionDenied, refused.Error.Code);
        Assert.False(other.IsCompleted);
    }

    [Fact]
    public async Task Each_is_due_for_a_heartbeat_when_it_heard_nothing_for_the_interval()
    {
        using var early = await FollowAsync();
        using var late = await FollowAsync();
        await early.NextAsync();
        await late.NextAsync();
        var first = early.NextAsync().AsTask();
        _centre.Time.Advance(RegistryHub.HeartbeatInterval / 3);
        var second = late.NextAsync().AsTask();

        _centre.Time.Advance(RegistryHub.HeartbeatInterval * 2 / 3);
        Assert.Equal(WatchServicesResponse.EventOneofCase.Heartbeat, Message(await first.WaitAsync(Wait.Bound)).EventCase);
        Assert.False(second.IsCompleted);

        // A change that does not concern the view is nothing that it heard of.
        _centre.Hub.WakeAll();
        _centre.Time.Advance(RegistryHub.HeartbeatInterval / 3);
        Assert.Equal(WatchServicesResponse.EventOneofCase.Heartbeat, Message(await second.WaitAsync(Wait.Bound)).EventCase);
    }

    [Fact]
    public async Task A_long_poll_has_no_heartbeats_and_its_own_end()
    {
        using var following = await FollowAsync(known: 1);
        var patience = (RegistryHub.HeartbeatInterval * 2) + TimeSpan.FromMilliseconds(500);
        var waiting = following.WaitAsync(patience);
        _centre.Time.Advance(patience - TimeSpan.FromMilliseconds(1));
        _centre.Hub.WakeAll();
        Assert.False(waiting.IsCompleted);
        _centre.Time.Advance(TimeSpan.FromMilliseconds(1));
        await waiting.WaitAsync(Wait.Bound);
    }

    [Fact]
    public async Task No_change_is_missed_by_those_who_look_while_it_is_made()
    {
        const int Count = 16;
        const int Changes = 300;
        var last = new long[Count];
        var loops = new List<Task>();
        for (var i = 0; i < Count; i++)
        {
            var number = i;
            loops.Add(LoopAsync(await FollowAsync(), async message =>
            {
                if (number % 2 == 0)
                {
                    // Half of them look on threads of their own, the others on those that wake.
                    await Task.Yield();
                }

                var before = last[number];
                if (message.Delta is { } delta)
                {
                    Assert.Equal(before, delta.FromRevision);
                    Volatile.Write(ref last[number], delta.Revision);
                }
                else
                {
                    Assert.Equal(0, before);
                    Volatile.Write(ref last[number], message.Full.Revision);
                }
            }));
        }

        for (var n = 1; n <= Changes; n++)
        {
            await ChangeAsync($"n{n % 10}", n % 20 < 10 ? Server.Registry.Model.InstanceState.Passing : Server.Registry.Model.InstanceState.Warning);
            if (n % 3 == 0)
            {
                // One that is missed here is not made good by a later one.
                var newest = _centre.Resolve(RegistryCentre.Query("orders")).Revision;
                Assert.True(
                    SpinWait.SpinUntil(() => last.All(revision => revision == newest) || loops.Exists(static loop => loop.IsCompleted), Wait.Bound),
                    $"change {n} is not everywhere");
            }
        }

        _centre.Hub.Stop();
        await UntilEndedAsync(loops);
    }

    private static WatchServicesResponse Message(ReadOnlyMemory<byte> frame) => WatchServicesResponse.Parser.ParseFrom(frame.Span[LeanCall.PrefixBytes..]);

    private static async Task LoopAsync(InstancesFollowing following, Func<WatchServicesResponse, Task> write)
    {
        using (following)
        {
            while (true)
            {
                await write(Message(await following.NextAsync()));
            }
        }
    }

    private async Task UntilEndedAsync(IEnumerable<Task> loops)
    {
        foreach (var loop in loops)
        {
            var end = await Assert.ThrowsAsync<OperationCanceledException>(() => loop.WaitAsync(Wait.Bound));
            Assert.Equal(_centre.Hub.Stopping, end.CancellationToken);
        }
    }

    private Task<InstancesFollowing> FollowAsync(CancellationToken? cancellation = null, long known = 0) =>
        InstancesFollowing.StartAsync(_centre.Hub, _centre.Store, RegistryCentre.Query("orders"), known, cancellation ?? _ending.Token);

    /// <summary>Tells the hub as the store's watch would, without its window.</summary>
    private async Task ChangeAsync(string id, Server.Registry.Model.InstanceState state = Server.Registry.Model.InstanceState.Passing)
    {
        await _centre.RegisterAsync("orders", id, state: state);
        _centre.Hub.Refresh(Orders, _centre.View.Revision);
    }
}
