using Concord.Client;
using Concord.Client.Connection;
using Concord.Protocol.Etcd;
using Concord.Tests.Cli;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Client;

/// <summary>Which calls are made again, and where.</summary>
public sealed class RepeatTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeConcord[] _servers = new FakeConcord[3];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < _servers.Length; i++)
            _servers[i] = await FakeConcord.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    /// <summary>A write whose fate is unknown is the caller's to decide on: twice is not the same as once.</summary>
    [Theory]
    [InlineData(StatusCode.Unavailable, "etcdserver: request timed out", 0)]
    [InlineData(StatusCode.Unavailable, "etcdserver: request timed out, possibly due to previous leader failure", 0)]
    [InlineData(StatusCode.Unavailable, "etcdserver: server stopped", 0)]
    [InlineData(StatusCode.ResourceExhausted, "etcdserver: mvcc: database space exceeded", 0)]
    [InlineData(StatusCode.Unavailable, "etcdserver: no leader", 1)]
    [InlineData(StatusCode.ResourceExhausted, "etcdserver: too many requests", 1)]
    [InlineData(StatusCode.FailedPrecondition, "etcdserver: rpc not supported for learner", 1)]
    public async Task A_write_goes_elsewhere_only_when_it_was_certainly_not_applied(StatusCode status, string text, int elsewhere)
    {
        _servers[0].Kv.Refuse = _ => new RpcException(new Status(status, text));
        await using var client = Client(spread: false);

        var put = client.Kv.PutAsync("a", "1", cancellationToken: Stop);

        if (elsewhere == 0)
            Assert.Contains(text, (await Assert.ThrowsAsync<ConcordServerException>(() => put)).Message, StringComparison.Ordinal);
        else
            await put;
        Assert.Equal((1, elsewhere), (_servers[0].Kv.Requests.Count, _servers[1].Kv.Requests.Count));
    }

    [Theory]
    [InlineData("etcdserver: request timed out")]
    [InlineData("etcdserver: leader changed")]
    public async Task A_read_goes_elsewhere_after_whatever_another_server_could_mend(string text)
    {
        _servers[0].Kv.Refuse = _ => new RpcException(new Status(StatusCode.Unavailable, text));
        _servers[1].Kv.Set("a", "1");
        await using var client = Client(spread: false);

        Assert.Equal("1", (await client.Kv.GetAsync("a", cancellationToken: Stop))!.Value.ToString());
    }

    [Fact]
    public void A_transaction_that_only_reads_is_a_read()
    {
        var read = new RequestOp { RequestRange = new() };
        var write = new RequestOp { RequestPut = new() };
        const string method = "/etcdserverpb.KV/Txn";

        Assert.True(RepeatRules.IsRead(method, new TxnRequest { Success = { read, new RequestOp { RequestTxn = new() { Failure = { read } } } } }));
        Assert.False(RepeatRules.IsRead(method, new TxnRequest { Success = { read }, Failure = { write } }));
        Assert.False(RepeatRules.IsRead(method, new TxnRequest { Success = { new RequestOp { RequestTxn = new() { Failure = { write } } } } }));
    }

    [Fact]
    public async Task Calls_go_round_over_the_healthy_endpoints()
    {
        await using var client = Client(spread: true);
        for (var i = 0; i < 30; i++)
            await client.Kv.GetAsync("a", cancellationToken: Stop);

        Assert.All(_servers, server => Assert.Equal(10, server.Kv.Requests.Count));
    }

    [Fact]
    public async Task An_endpoint_that_fails_is_put_aside_for_longer_each_time_and_comes_back_when_it_answers()
    {
        _servers[1].Kv.Refuse = _ => new RpcException(new Status(StatusCode.Unavailable, "etcdserver: no leader"));
        await using var client = Client(spread: true);

        Assert.Equal(1, await AskedAfterAsync(TimeSpan.Zero));
        Assert.Equal(0, await AskedAfterAsync(TimeSpan.FromMilliseconds(199)));
        Assert.Equal(1, await AskedAfterAsync(TimeSpan.FromMilliseconds(1)));
        Assert.Equal(0, await AskedAfterAsync(TimeSpan.FromMilliseconds(399)));
        _servers[1].Kv.Refuse = null;
        Assert.Equal(10, await AskedAfterAsync(TimeSpan.FromMilliseconds(1)));

        async Task<int> AskedAfterAsync(TimeSpan time)
        {
            _time.Advance(time);
            var before = _servers[1].Kv.Requests.Count;
            for (var i = 0; i < 30; i++)
                await client.Kv.GetAsync("a", cancellationToken: Stop);
            return _servers[1].Kv.Requests.Count - before;
        }
    }

    /// <summary>What gRPC reports when a call's time is up while an answer is read, on a busy machine.</summary>
    [Fact]
    public void A_call_that_was_torn_down_because_its_time_was_up_timed_out()
    {
        var torn = new RpcException(new Status(
            StatusCode.Internal, "Error starting gRPC call.", new HttpRequestException("copying", new ObjectDisposedException("HttpConnectionResponseContent"))));
        var endpoint = new Uri("http://10.0.0.1:2379");

        var late = Assert.IsType<ConcordUnavailableException>(CallErrors.From(torn, endpoint, CancellationToken.None, DateTime.UtcNow));
        var early = Assert.IsType<ConcordUnavailableException>(CallErrors.From(torn, endpoint, CancellationToken.None, DateTime.UtcNow.AddHours(1)));

        Assert.Equal((true, "http://10.0.0.1:2379 gave no answer in time"), (late.TimedOut, late.Message));
        Assert.False(early.TimedOut);
        Assert.IsType<OperationCanceledException>(CallErrors.From(torn, endpoint, new CancellationToken(canceled: true), DateTime.UtcNow));
    }

    private ConcordClient Client(bool spread) => new(TestClients.Options([.. _servers.Select(server => new Uri(server.Endpoint))]) with
    {
        SpreadOverEndpoints = spread,
        BackoffMin = TimeSpan.FromMilliseconds(200),
        BackoffMax = TimeSpan.FromSeconds(10),
        TimeProvider = _time,
    });
}
