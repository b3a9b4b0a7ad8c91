using Concord.Client;
using Concord.Client.Coordination;
using Concord.Client.Kv;
using Concord.Tests.Etcd;
using KeyRange = Concord.Client.Kv.KeyRange;

namespace Concord.Tests.Client.Coordination;

/// <summary>Locks of a client against a whole server, and against the server's own locks, which are etcd's.</summary>
public sealed class LocksTests(EtcdServer server) : IClassFixture<EtcdServer>, IAsyncLifetime
{
    private readonly ConcordClient _client = new(TestClients.Options(new Uri(server.Url)));
    private readonly ConcordClient _other = new(TestClients.Options(new Uri(server.Url)));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _other.DisposeAsync();
    }

    /// <summary>Many tasks of two clients: never two inside, turns in the order of the queue, every token larger than the last.</summary>
    [Fact]
    public async Task One_at_a_time_in_order_with_tokens_that_grow()
    {
        var (inside, tokens) = (0, new List<long>());
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            await using var held = await (i % 2 == 0 ? _client : _other).Locks.AcquireAsync("l/a", cancellationToken: Stop);
            Assert.Equal(1, Interlocked.Increment(ref inside));
            tokens.Add(held.FencingToken);
            await _client.Kv.Transaction().When(held.StillHeld).Then(KvOperation.Put("l-a-log", $"{i}")).CommitAsync(Stop);
            Assert.False(held.Lost.IsCancellationRequested);
            Interlocked.Decrement(ref inside);
        }));

        Assert.Equal(tokens.Order().Distinct(), tokens);
        Assert.Equal(40, (await _client.Kv.GetAsync("l-a-log", cancellationToken: Stop))!.Version);
        Assert.Equal(0, await QueueLengthAsync("l/a"));
    }

    [Fact]
    public async Task A_lock_that_is_not_free_is_not_waited_for_unless_asked()
    {
        await using var held = await _client.Locks.AcquireAsync("l/b", cancellationToken: Stop);

        Assert.Null(await _other.Locks.TryAcquireAsync("l/b", cancellationToken: Stop));
        Assert.Null(await _other.Locks.TryAcquireAsync("l/b", new() { Wait = TimeSpan.FromMilliseconds(50) }, Stop));
        await Assert.ThrowsAsync<TimeoutException>(() => _other.Locks.AcquireAsync("l/b", new() { Wait = TimeSpan.FromMilliseconds(50) }, Stop));
        Assert.Equal(1, await QueueLengthAsync("l/b"));
        await held.DisposeAsync();
        await using var next = await _other.Locks.TryAcquireAsync("l/b", cancellationToken: Stop);
        Assert.True(next!.FencingToken > held.FencingToken);
    }

    [Fact]
    public async Task A_wait_that_is_given_up_leaves_nothing_behind()
    {
        await using var held = await _client.Locks.AcquireAsync("l/c", cancellationToken: Stop);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var waiting = _other.Locks.AcquireAsync("l/c", cancellationToken: patience.Token);
        await Wait.UntilAsync(async () => await QueueLengthAsync("l/c") == 2, "it waits");

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(1, await QueueLengthAsync("l/c"));
    }

    [Fact]
    public async Task A_holder_whose_key_is_deleted_is_told()
    {
        await using var held = await _client.Locks.AcquireAsync("l/d", cancellationToken: Stop);
        var lost = new TaskCompletionSource();
        held.Lost.Register(lost.SetResult);

        await _other.Kv.DeleteAsync(KeyRange.Single(held.Key), cancellationToken: Stop);

        await lost.Task.WaitAsync(Wait.Bound, Stop);
        Assert.Equal(("lease_ended", TimeSpan.Zero), (Assert.IsType<ConcordServerException>(held.LostReason).Code, held.Remaining));
        Assert.False((await _other.Kv.Transaction().When(held.StillHeld).Then(KvOperation.Put("l-d", "late")).CommitAsync(Stop)).Succeeded);
    }

    [Fact]
    public async Task A_waiter_that_loses_its_place_is_told_and_not_just_left_waiting()
    {
        await using var held = await _client.Locks.AcquireAsync("l/e", cancellationToken: Stop);
        var waiting = _other.Locks.AcquireAsync("l/e", new() { Ttl = TimeSpan.FromSeconds(1) }, Stop);
        await Wait.UntilAsync(async () => await QueueLengthAsync("l/e") == 2, "it waits");
        var place = (await server.ListAsync("l/e/")).Kvs.Single(pair => pair.Key.ToStringUtf8() != held.Key.ToString());

        await _client.Leases.RevokeAsync(place.Lease, Stop);

        var error = await Assert.ThrowsAsync<ConcordServerException>(() => waiting.WaitAsync(Wait.Bound, Stop));
        Assert.Equal("lease_ended", error.Code);
    }

    [Fact]
    public async Task It_and_the_lock_of_the_server_exclude_each_other()
    {
        var lease = (await server.Lease.LeaseGrantAsync(new() { TTL = 60 }, cancellationToken: Stop)).ID;
        var theirs = await server.Lock.LockAsync(new() { Name = EtcdServer.Bytes("l/f"), Lease = lease }, cancellationToken: Stop);
        Assert.Null(await _client.Locks.TryAcquireAsync("l/f", cancellationToken: Stop));
        var waiting = _client.Locks.AcquireAsync("l/f", cancellationToken: Stop);
        await Wait.UntilAsync(async () => await QueueLengthAsync("l/f") == 2, "ours waits");
        await server.Lock.UnlockAsync(new() { Key = theirs.Key }, cancellationToken: Stop);

        await using var ours = await waiting.WaitAsync(Wait.Bound, Stop);
        var theirsAgain = server.Lock.LockAsync(new() { Name = EtcdServer.Bytes("l/f"), Lease = lease }, cancellationToken: Stop).ResponseAsync;
        await Wait.UntilAsync(async () => await QueueLengthAsync("l/f") == 2, "theirs waits");
        Assert.False(theirsAgain.IsCompleted);
        await ours.DisposeAsync();
        await theirsAgain.WaitAsync(Wait.Bound, Stop);
    }

    [Fact]
    public async Task Readers_share_a_writer_does_not_and_the_queue_is_fair()
    {
        await using var one = await _client.Locks.AcquireReadAsync("l/g", cancellationToken: Stop);
        await using var two = await _other.Locks.AcquireReadAsync("l/g", cancellationToken: Stop);
        var writing = _client.Locks.AcquireWriteAsync("l/g", cancellationToken: Stop);
        await Wait.UntilAsync(async () => await QueueLengthAsync("l/g") == 3, "the writer waits");
        var three = _other.Locks.AcquireReadAsync("l/g", cancellationToken: Stop);
        var four = _client.Locks.AcquireReadAsync("l/g", cancellationToken: Stop);
        await Wait.UntilAsync(async () => await QueueLengthAsync("l/g") == 5, "readers behind the writer wait");

        await two.DisposeAsync();
        Assert.False(writing.IsCompleted);
        await one.DisposeAsync();
        await using var writer = await writing.WaitAsync(Wait.Bound, Stop);
        Assert.False(three.IsCompleted || four.IsCompleted);
        Assert.True(writer.FencingToken > two.FencingToken);

        await writer.DisposeAsync();
        await (await three.WaitAsync(Wait.Bound, Stop)).DisposeAsync();
        await (await four.WaitAsync(Wait.Bound, Stop)).DisposeAsync();
    }

    [Fact]
    public async Task A_semaphore_lets_so_many_in_and_never_more()
    {
        var (inside, most) = (0, 0);
        var gate = new Lock();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await using var permit = await (i % 2 == 0 ? _client : _other).Locks.AcquirePermitAsync("l/h", 3, cancellationToken: Stop);
            lock (gate)
                most = Math.Max(most, ++inside);
            await _client.Kv.PutAsync($"l-h/{i}", "1", cancellationToken: Stop);
            lock (gate)
                inside--;
        }));

        Assert.InRange(most, 1, 3);
        Assert.Equal(0, await QueueLengthAsync("l/h"));
    }

    /// <summary>Any holder may leave first; the first of those who wait follows, whichever it was.</summary>
    [Fact]
    public async Task Permits_go_to_waiters_in_order()
    {
        await using var one = await _client.Locks.AcquirePermitAsync("l/i", 2, cancellationToken: Stop);
        await using var two = await _client.Locks.AcquirePermitAsync("l/i", 2, cancellationToken: Stop);
        var waiting = new List<Task<LockGrant>>();
        for (var i = 0; i < 3; i++)
        {
            waiting.Add(_other.Locks.AcquirePermitAsync("l/i", 2, cancellationToken: Stop));
            await Wait.UntilAsync(async () => await QueueLengthAsync("l/i") == 3 + i, "it waits");
        }

        await two.DisposeAsync();
        await using var three = await waiting[0].WaitAsync(Wait.Bound, Stop);
        Assert.False(waiting[1].IsCompleted || waiting[2].IsCompleted);
        await one.DisposeAsync();
        await using var four = await waiting[1].WaitAsync(Wait.Bound, Stop);
        Assert.False(waiting[2].IsCompleted);
        await three.DisposeAsync();
        await (await waiting[2].WaitAsync(Wait.Bound, Stop)).DisposeAsync();
    }

    [Fact]
    public async Task A_semaphore_is_as_large_for_all_who_use_it()
    {
        await using var one = await _client.Locks.AcquirePermitAsync("l/j", 2, cancellationToken: Stop);

        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => _other.Locks.AcquirePermitAsync("l/j", 3, cancellationToken: Stop));

        Assert.Contains("holding 2", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(1, await QueueLengthAsync("l/j"));
    }

    [Fact]
    public async Task Without_a_server_there_is_an_answer_at_once()
    {
        await using var client = new ConcordClient(TestClients.Options(TestClients.Dead()));
        await Assert.ThrowsAsync<ConcordUnavailableException>(() => client.Locks.AcquireAsync("l/k", cancellationToken: Stop));
    }

    private async Task<long> QueueLengthAsync(string name) => (await server.ListAsync($"{name}/")).Count;
}
