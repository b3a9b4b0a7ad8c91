using Concord.Client;
using Concord.Client.Coordination;
using Concord.Tests.Etcd;

namespace Concord.Tests.Client.Coordination;

public sealed class BarriersTests(EtcdServer server) : IClassFixture<EtcdServer>, IAsyncLifetime
{
    private readonly ConcordClient _client = new(TestClients.Options(new Uri(server.Url)));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task A_raised_barrier_holds_everybody_until_it_is_lowered()
    {
        await _client.Barriers.WaitAsync("b/a", Stop);
        Assert.True(await _client.Barriers.RaiseAsync("b/a", Stop));
        Assert.False(await _client.Barriers.RaiseAsync("b/a", Stop));
        Task[] waiting = [.. Enumerable.Range(0, 5).Select(_ => _client.Barriers.WaitAsync("b/a", Stop))];
        await server.PutAsync("b/a/elsewhere", "");
        Assert.DoesNotContain(waiting, task => task.IsCompleted);

        Assert.True(await _client.Barriers.LowerAsync("b/a", Stop));
        await Task.WhenAll(waiting).WaitAsync(Wait.Bound, Stop);
        Assert.False(await _client.Barriers.LowerAsync("b/a", Stop));
    }

    /// <summary>Rounds of four by many tasks that come back at once: never more than four inside, all of a round leave before the next.</summary>
    [Fact]
    public async Task As_many_as_take_part_go_on_together_round_after_round()
    {
        var gate = new Lock();
        var inside = new Dictionary<long, int>();
        var left = new Dictionary<long, int>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var i = 0; i < 5; i++)
            {
                var pass = await _client.Barriers.EnterAsync("b/b", 4, cancellationToken: Stop);
                lock (gate)
                {
                    inside[pass.Round] = inside.GetValueOrDefault(pass.Round) + 1;
                    Assert.All(inside.Where(round => round.Key < pass.Round), round => Assert.Equal(4, left[round.Key]));
                }

                lock (gate)
                {
                    left[pass.Round] = left.GetValueOrDefault(pass.Round) + 1;
                }

                await pass.LeaveAsync(Stop).WaitAsync(Wait.Bound, Stop);
                Assert.Equal(4, inside[pass.Round]);
            }
        }));

        Assert.Equal(5, inside.Count);
        Assert.All(inside.Values, count => Assert.Equal(4, count));
        Assert.Empty((await server.ListAsync("b/b")).Kvs);
    }

    [Fact]
    public async Task Who_comes_beyond_the_number_waits_for_the_next_round()
    {
        Task<BarrierPass>[] entering = [.. Enumerable.Range(0, 3).Select(_ => _client.Barriers.EnterAsync("b/c", 2, cancellationToken: Stop))];
        await Wait.UntilAsync(() => Task.FromResult(entering.Count(task => task.IsCompleted) == 2), "two are in");
        var late = entering.Single(task => !task.IsCompleted);
        var fourth = _client.Barriers.EnterAsync("b/c", 2, cancellationToken: Stop);
        foreach (var pass in entering.Where(task => task != late))
            await (await pass).DisposeAsync();

        var (third, other) = (await late.WaitAsync(Wait.Bound, Stop), await fourth.WaitAsync(Wait.Bound, Stop));
        Assert.Equal(third.Round, other.Round);
        Assert.True(third.Round > (await entering.First(task => task != late)).Round);
        await third.DisposeAsync();
        await other.DisposeAsync();
    }

    [Fact]
    public async Task A_wait_for_the_others_can_be_given_up_and_leaves_nothing_behind()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => _client.Barriers.EnterAsync("b/d", 2, new() { Wait = TimeSpan.FromMilliseconds(50) }, Stop));
        Assert.Empty((await server.ListAsync("b/d")).Kvs);
    }

    [Fact]
    public async Task A_raised_barrier_is_not_taken_for_rounds()
    {
        await _client.Barriers.RaiseAsync("b/e", Stop);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => _client.Barriers.EnterAsync("b/e", 1, cancellationToken: Stop));
        Assert.Contains("b/e", error.Message, StringComparison.Ordinal);
    }
}
