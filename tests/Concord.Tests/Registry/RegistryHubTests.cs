using Concord.Protocol.V1;
using Concord.Server.Hosting.Grpc;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Push;
using Concord.Tests.Client;
using InstanceState = Concord.Server.Registry.Model.InstanceState;

namespace Concord.Tests.Registry;

public sealed class RegistryHubTests : IAsyncDisposable
{
    private readonly RegistryCentre _centre = new();

    private static CancellationToken Patience => new CancellationTokenSource(Wait.Bound).Token;

    public ValueTask DisposeAsync() => _centre.DisposeAsync();

    [Fact]
    public async Task The_first_message_is_the_whole_and_the_next_ones_are_differences()
    {
        await _centre.RegisterAsync("orders", "a");
        await _centre.StartHubAsync();
        using var following = await FollowAsync(RegistryCentre.Query("orders"));

        var full = await NextAsync(following);
        Assert.Equal("a", Assert.Single(full.Full.Instances).Id);
        Assert.Equal((1, 1), (full.Full.Services[0].Total, full.Full.Services[0].Healthy));

        await _centre.RegisterAsync("orders", "b");
        var delta = (await NextAsync(following)).Delta;
        Assert.Equal((full.Full.Revision, "b"), (delta.FromRevision, Assert.Single(delta.Set).Id));
        Assert.Equal(2, Assert.Single(delta.Services).Total);

        await MoveOnAsync(() => _centre.Desk.DeregisterAsync("orders", "a", 0, default));
        delta = (await NextAsync(following)).Delta;
        Assert.Equal("a", Assert.Single(delta.Removed).Id);
        Assert.Empty(delta.Set);
    }

    [Fact]
    public async Task Equal_queries_share_a_view_and_its_bytes()
    {
        await _centre.RegisterAsync("orders", "a");
        await _centre.StartHubAsync();
        using var one = await FollowAsync(RegistryCentre.Query("orders", tag: ""));
        using var two = await FollowAsync(RegistryCentre.Query("Orders"));
        await one.NextAsync();
        await two.NextAsync();
        await _centre.RegisterAsync("orders", "b");

        var (next, other) = (one.NextAsync().AsTask(), two.NextAsync().AsTask());
        await UntilAsync(Task.WhenAll(next, other));
        var (first, second) = (await next, await other);
        Assert.Equal((1, 2), (_centre.Hub.ViewCount, _centre.Hub.FollowerCount));
        Assert.True(first.Equals(second), "the same memory, not a copy");
    }

    [Fact]
    public async Task Changes_within_the_window_come_as_one()
    {
        await _centre.StartHubAsync();
        using var following = await FollowAsync(RegistryCentre.Query("orders"));
        await NextAsync(following);
        await _centre.RegisterAsync("orders", "a");
        Assert.Single((await NextAsync(following)).Delta.Set);

        // The clock stands, so the window of the change before is not over yet.
        for (var n = 0; n < 50; n++)
        {
            await _centre.RegisterAsync("orders", $"b{n:D2}");
        }

        var next = following.NextAsync().AsTask();
        Assert.False(next.IsCompleted);
        var delta = await UntilAsync(next);
        Assert.Equal(50, delta.Delta.Set.Count);
    }

    [Fact]
    public async Task What_does_not_concern_a_view_does_not_reach_it()
    {
        await _centre.RegisterAsync("orders", "a");
        await _centre.StartHubAsync();
        using var following = await FollowAsync(RegistryCentre.Query("orders"));
        await NextAsync(following);

        await MoveOnAsync(() => _centre.RegisterAsync("billing", "x"));
        await Wait.UntilAsync(() =>
        {
            _centre.Time.Advance(RegistryFollower.Window / 25);
            return _centre.Hub.Revision == _centre.View.Revision;
        }, "the hub has seen it");
        var next = following.NextAsync().AsTask();
        Assert.False(next.IsCompleted);

        _centre.Time.Advance(RegistryHub.HeartbeatInterval);
        Assert.Equal(_centre.View.Revision, WatchServicesResponse.Parser.ParseFrom((await next).Span[LeanCall.PrefixBytes..]).Heartbeat.Revision);
    }

    [Fact]
    public async Task A_follower_that_was_away_gets_what_changed_since_from_the_stores_history()
    {
        await _centre.RegisterAsync("orders", "a");
        await _centre.RegisterAsync("orders", "b");
        var revision = _centre.View.Revision;
        await _centre.Desk.DeregisterAsync("orders", "a", 0, default);
        await _centre.RegisterAsync("orders", "c");

        // Nobody followed this view here before.
        using var following = await FollowAsync(RegistryCentre.Query("orders"), revision);
        var delta = (await NextAsync(following)).Delta;
        Assert.Equal((revision, "c", "a"), (delta.FromRevision, Assert.Single(delta.Set).Id, Assert.Single(delta.Removed).Id));
    }

    [Fact]
    public async Task A_revision_that_is_compacted_or_of_another_store_gets_the_whole()
    {
        await _centre.RegisterAsync("orders", "a");
        var revision = _centre.View.Revision;
        await _centre.RegisterAsync("orders", "b");
        await _centre.RegisterAsync("orders", "c");
        _centre.Compact();
        using var old = await FollowAsync(RegistryCentre.Query("orders"), revision);
        using var foreign = await FollowAsync(RegistryCentre.Query("orders"), 1_000_000);

        Assert.Equal(3, (await NextAsync(old)).Full.Instances.Count);
        Assert.Equal(3, (await NextAsync(foreign)).Full.Instances.Count);
    }

    [Fact]
    public async Task One_that_is_slow_gets_one_difference_over_all_it_missed()
    {
        await _centre.StartHubAsync();
        using var slow = await FollowAsync(RegistryCentre.Query("orders"));
        using var fast = await FollowAsync(RegistryCentre.Query("orders"));
        var start = (await NextAsync(slow)).Full.Revision;
        await NextAsync(fast);

        // More versions than are kept at hand.
        for (var n = 0; n < 20; n++)
        {
            await MoveOnAsync(() => _centre.RegisterAsync("orders", $"n{n:D2}"));
            Assert.Equal($"n{n:D2}", Assert.Single((await NextAsync(fast)).Delta.Set).Id);
        }

        var delta = (await NextAsync(slow)).Delta;
        Assert.Equal((start, 20), (delta.FromRevision, delta.Set.Count));
    }

    [Fact]
    public async Task Those_who_ask_for_healthy_ones_learn_of_a_panic_and_of_its_end()
    {
        foreach (var id in (string[])["a", "b", "c", "d"])
        {
            await _centre.RegisterAsync("orders", id, state: id is "a" or "b" ? InstanceState.Passing : InstanceState.Critical);
        }

        await _centre.StartHubAsync();
        using var following = await FollowAsync(RegistryCentre.Query("orders", healthy: true));
        Assert.Equal(2, (await NextAsync(following)).Full.Instances.Count);

        await _centre.Desk.SetStateAsync("orders", "b", 0, InstanceState.Critical, "", default);
        var delta = (await NextAsync(following)).Delta;
        Assert.Equal("b c d", string.Join(' ', delta.Set.Select(one => one.Id)));
        Assert.True(Assert.Single(delta.Services).Panic);

        await MoveOnAsync(() => _centre.Desk.SetStateAsync("orders", "c", 0, InstanceState.Passing, "", default));
        delta = (await NextAsync(following)).Delta;
        Assert.Equal("b d", string.Join(' ', delta.Removed.Select(one => one.Id)));
        Assert.False(Assert.Single(delta.Services).Panic);
    }

    [Fact]
    public async Task A_view_that_nobody_follows_is_dropped()
    {
        var following = await FollowAsync(RegistryCentre.Query("orders"));
        Assert.Equal(1, _centre.Hub.ViewCount);
        following.Dispose();
        Assert.Equal(0, _centre.Hub.ViewCount);
    }

    [Fact]
    public async Task A_long_poll_answers_when_something_changes_and_not_before_its_time()
    {
        await _centre.RegisterAsync("orders", "a");
        await _centre.StartHubAsync();
        using var following = await FollowAsync(RegistryCentre.Query("orders"), _centre.View.Revision);
        var waiting = following.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(waiting.IsCompleted);
        await _centre.RegisterAsync("orders", "b");
        await UntilAsync(waiting);
        Assert.Equal(2, following.Published.View.Instances.Count);

        using var idle = await FollowAsync(RegistryCentre.Query("orders"), _centre.View.Revision);
        waiting = idle.WaitAsync(TimeSpan.FromSeconds(30));
        _centre.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(waiting.IsCompleted);
        _centre.Time.Advance(TimeSpan.FromSeconds(1));
        await waiting;
    }

    private Task<InstancesFollowing> FollowAsync(InstanceQuery query, long known = 0) =>
        InstancesFollowing.StartAsync(_centre.Hub, _centre.Store, query, known, Patience);

    private async Task<WatchServicesResponse> NextAsync(InstancesFollowing following) => await UntilAsync(following.NextAsync().AsTask());

    private async Task<WatchServicesResponse> UntilAsync(Task<ReadOnlyMemory<byte>> next)
    {
        await UntilAsync((Task)next);
        return WatchServicesResponse.Parser.ParseFrom((await next).Span[LeanCall.PrefixBytes..]);
    }

    /// <summary>Moves the clock by windows until the task is done.</summary>
    private async Task UntilAsync(Task next)
    {
        await Wait.UntilAsync(() =>
        {
            if (!next.IsCompleted)
            {
                _centre.Time.Advance(RegistryFollower.Window / 25);
            }

            return next.IsCompleted;
        }, "the next message");
        await next;
    }

    private async Task MoveOnAsync(Func<Task> change)
    {
        _centre.Time.Advance(RegistryFollower.Window);
        await change();
    }
}
