using Concord.Client;
using Concord.Client.Leases;
using Concord.Tests.Cli;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Client.Leases;

/// <summary>What a lease promises to its holder, with the clock in the test's hand and the server's answers too.</summary>
public sealed class KeptLeaseTests : IAsyncLifetime
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(60);

    /// <summary>Of a lease of a minute: five seconds before it can end.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(55);

    private readonly FakeTimeProvider _time = new();
    private FakeConcord _server = null!;
    private ConcordClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeConcord.StartAsync();
        _client = new(TestClients.Options(new Uri(_server.Endpoint)) with { TimeProvider = _time });
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_lease_is_renewed_after_a_third_of_its_time_and_its_time_starts_anew()
    {
        var lease = await _client.Leases.GrantAsync(Ttl, Stop);
        Assert.Equal((Ttl, Kept), (lease.Ttl, lease.Remaining));
        for (var round = 1; round <= 10; round++)
        {
            _time.Advance(Ttl / 3);
            await Wait.UntilAsync(() => lease.Remaining == Kept, $"the renewal of round {round} counts");
        }

        Assert.False(lease.Lost.IsCancellationRequested);
        Assert.Equal((10, 1), (_server.Leases.Renewals, _server.Leases.Streams));
    }

    [Fact]
    public async Task Without_an_answer_it_counts_as_lost_before_the_server_can_end_it()
    {
        _server.Leases.Renew = _ => Task.FromResult<long?>(null);
        var lease = await _client.Leases.GrantAsync(Ttl, Stop);
        var lost = new TaskCompletionSource();
        lease.Lost.Register(lost.SetResult);

        _time.Advance(Kept - TimeSpan.FromMilliseconds(1));
        Assert.False(lease.Lost.IsCancellationRequested);
        Assert.Equal(TimeSpan.FromMilliseconds(1), lease.Remaining);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await lost.Task.WaitAsync(Wait.Bound, Stop);
        Assert.IsType<ConcordUnavailableException>(lease.LostReason);
        Assert.Equal(TimeSpan.Zero, lease.Remaining);
    }

    /// <summary>The server may have handled the renewal as soon as it was sent: the time of the answer's way is not the lease's.</summary>
    [Fact]
    public async Task An_answer_that_takes_its_time_counts_from_the_sending()
    {
        var answer = new TaskCompletionSource<long?>();
        _server.Leases.Renew = _ => answer.Task;
        var lease = await _client.Leases.GrantAsync(Ttl, Stop);
        _time.Advance(Ttl / 3);
        await Wait.UntilAsync(() => _server.Leases.Renewals == 1, "the renewal is under way");
        _time.Advance(TimeSpan.FromSeconds(4));

        answer.SetResult(60);

        await Wait.UntilAsync(() => lease.Remaining == Kept - TimeSpan.FromSeconds(4), "the renewal counts from when it was sent");
    }

    [Fact]
    public async Task All_leases_share_one_stream_and_each_has_its_own_fate()
    {
        KeptLease[] leases = [.. await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _client.Leases.GrantAsync(Ttl, Stop)))];
        _server.Leases.Renew = id => Task.FromResult<long?>(id == leases[7].Id ? 0 : 60);

        _time.Advance(Ttl / 3);

        await Wait.UntilAsync(() => leases.All(lease => lease.Lost.IsCancellationRequested || lease.Remaining == Kept), "all are answered");
        Assert.Equal([leases[7]], leases.Where(lease => lease.Lost.IsCancellationRequested));
        Assert.Equal("lease_ended", Assert.IsType<ConcordServerException>(leases[7].LostReason).Code);
        Assert.Equal((100, 1), (_server.Leases.Renewals, _server.Leases.Streams));
    }

    [Fact]
    public async Task A_broken_stream_is_opened_again_and_what_was_unanswered_is_sent_first()
    {
        var broken = false;
        _server.Leases.Renew = _ =>
        {
            if (broken)
                return Task.FromResult<long?>(60);
            broken = true;
            throw new RpcException(new Status(StatusCode.Unavailable, "etcdserver: no leader"));
        };
        var lease = await _client.Leases.GrantAsync(Ttl, Stop);

        _time.Advance(Ttl / 3);

        await Wait.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return lease.Remaining > Kept - TimeSpan.FromSeconds(15);
            },
            "the renewal came through the second stream");
        Assert.Equal(2, _server.Leases.Streams);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_left_in_time_for_another_one()
    {
        await using var other = await FakeConcord.StartAsync();
        await using var client = new ConcordClient(
            TestClients.Options(new Uri(_server.Endpoint), new Uri(other.Endpoint)) with { TimeProvider = _time });
        _server.Leases.Renew = _ => new TaskCompletionSource<long?>().Task;
        var lease = await client.Leases.GrantAsync(Ttl, Stop);
        _time.Advance(Ttl / 3);
        await Wait.UntilAsync(() => _server.Leases.Renewals == 1, "the silent server has the renewal");

        _time.Advance(LeaseTerm.Patience(Ttl));

        await Wait.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return other.Leases.Renewals == 1;
            },
            "the other server is asked");
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Disposing_it_tells_the_holder_first_and_revokes_it_once()
    {
        var lease = await _client.Leases.GrantAsync(Ttl, Stop);
        var revokedBefore = -1;
        lease.Lost.Register(() => revokedBefore = _server.Leases.Revoked.Count);

        await Task.WhenAll(lease.DisposeAsync().AsTask(), lease.DisposeAsync().AsTask());

        Assert.Equal(0, revokedBefore);
        Assert.Null(lease.LostReason);
        Assert.Equal([lease.Id], _server.Leases.Revoked);
    }

    [Fact]
    public async Task A_client_that_ends_leaves_no_lease_behind()
    {
        var leases = new[] { await _client.Leases.GrantAsync(Ttl, Stop), await _client.Leases.GrantAsync(Ttl, Stop) };

        await _client.DisposeAsync();

        Assert.Equal(leases.Select(lease => lease.Id), _server.Leases.Revoked.Order());
        Assert.All(leases, lease => Assert.True(lease.Lost.IsCancellationRequested));
    }

    [Theory]
    [InlineData(2, 1.6)]
    [InlineData(25, 20)]
    [InlineData(60, 55)]
    [InlineData(100_000, 99_900)]
    public void The_margin_is_time_to_stop_and_never_less_than_clocks_drift(double ttl, double kept) =>
        Assert.Equal(TimeSpan.FromSeconds(kept), TimeSpan.FromSeconds(ttl) - LeaseTerm.Margin(TimeSpan.FromSeconds(ttl)));
}
