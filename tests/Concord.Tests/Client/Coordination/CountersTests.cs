using Concord.Client;
using Concord.Client.Connection;
using Concord.Client.Coordination;
using Concord.Client.Kv;
using Concord.Protocol.Etcd;
using Concord.Tests.Etcd;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Concord.Tests.Client.Coordination;

public sealed class CountersTests(EtcdServer server) : IClassFixture<EtcdServer>, IAsyncLifetime
{
    private readonly ConcordClient _client = new(TestClients.Options(new Uri(server.Url)));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task Everybody_gets_a_number_of_their_own()
    {
        Assert.Equal(new(0, 0), await _client.Counters.GetAsync("n/a", Stop));
        var numbers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _client.Counters.AddAsync("n/a", cancellationToken: Stop)));

        Assert.Equal(Enumerable.Range(1, 50).Select(number => (long)number), numbers.Select(number => number.Value).Order());
        Assert.Equal(numbers.OrderBy(number => number.Revision), numbers.OrderBy(number => number.Value));
        Assert.Equal(50, (await _client.Counters.GetAsync("n/a", Stop)).Value);
        Assert.Equal("50", (await server.GetAsync("n/a")).Kvs[0].Value.ToStringUtf8());
    }

    [Fact]
    public async Task It_goes_down_is_set_and_does_not_overflow()
    {
        Assert.Equal(-3, (await _client.Counters.AddAsync("n/b", -3, Stop)).Value);
        Assert.Equal(long.MaxValue, (await _client.Counters.SetAsync("n/b", long.MaxValue, Stop)).Value);
        await Assert.ThrowsAsync<OverflowException>(() => _client.Counters.AddAsync("n/b", cancellationToken: Stop));
        Assert.Equal(long.MaxValue, (await _client.Counters.GetAsync("n/b", Stop)).Value);
    }

    [Fact]
    public async Task What_is_no_number_is_left_alone()
    {
        await server.PutAsync("n/c", "many");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => _client.Counters.AddAsync("n/c", cancellationToken: Stop));
        Assert.Contains("\"many\"", error.Message, StringComparison.Ordinal);
        Assert.Equal("many", (await server.GetAsync("n/c")).Kvs[0].Value.ToStringUtf8());
    }

    /// <summary>The write happens, the answer is lost: adding goes on and finds that it is done; or another's addition came first, and adds to that.</summary>
    [Theory]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 1)]
    [InlineData(false, true, 2)]
    [InlineData(false, false, 1)]
    public async Task A_lost_answer_adds_nothing_twice(bool happens, bool othersAdd, int expected)
    {
        var name = $"n/d/{happens}/{othersAdd}";
        var fault = new LosesOneAnswer(happens, othersAdd ? () => _client.Counters.AddAsync(name, cancellationToken: Stop) : null);
        await using var watches = new WatchStream((FailoverInvoker)_client.Invoker, _client.Options);
        var kv = new KvClient(_client.Invoker.Intercept(fault), watches);
        var counters = new CountersClient(new((FailoverInvoker)_client.Invoker, kv, _client.Leases, _client.Options));

        Assert.Equal(expected, (await counters.AddAsync(name, cancellationToken: Stop)).Value);
        Assert.True(fault.HasLost);
        Assert.Equal(othersAdd ? 2 : 1, (await _client.Counters.GetAsync(name, Stop)).Value);
    }

    /// <summary>The first transaction that writes ends without an answer, whether it happens or not; then somebody else may come in between.</summary>
    private sealed class LosesOneAnswer(bool happens, Func<Task>? then) : Interceptor
    {
        public bool HasLost { get; private set; }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            if (HasLost || request is not TxnRequest { Compare.Count: > 0 })
                return continuation(request, context);
            HasLost = true;
            return new(LoseAsync(), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });

            async Task<TResponse> LoseAsync()
            {
                if (happens)
                    await continuation(request, context);
                if (then is not null)
                    await then();
                throw new ConcordUnavailableException("The answer was lost.");
            }
        }
    }
}
