using Concord.Client;
using Concord.Extensions.Leading;
using Concord.Tests.Client;
using Concord.Tests.Etcd;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using KeyRange = Concord.Client.Kv.KeyRange;

namespace Concord.Tests.Extensions;

/// <summary>Hosts that elect the one of them that runs a service.</summary>
public sealed class LeaderElectedTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_of_many_hosts_runs_the_service_and_the_next_takes_over()
    {
        var board = new Board();
        using var one = await StartAsync("le/a", board);
        using var two = await StartAsync("le/a", board);
        await Wait.UntilAsync(async () => board.Running.Count == 1 && (await server.ListAsync("le/a/")).Count == 2, "one runs and one waits");
        var first = board.Running.Single();

        var (leading, waiting) = first.Host == one.Services ? (one, two) : (two, one);
        await leading.StopAsync(Stop);
        await Wait.UntilAsync(() => board.Running.SingleOrDefault()?.Host == waiting.Services, "the other runs");

        var second = board.Running.Single();
        Assert.True(second.Term.FencingToken > first.Term.FencingToken);
        Assert.True(first.Term.Lost.IsCancellationRequested);
        Assert.Equal(1, board.Most);
        await waiting.StopAsync(Stop);
        Assert.Empty(board.Running);
        Assert.Equal(2, board.Disposed);
        Assert.Empty((await server.ListAsync("le/a/")).Kvs);
    }

    [Fact]
    public async Task A_leader_that_is_voted_out_stops_and_stands_again_with_a_new_instance()
    {
        var board = new Board();
        using var host = await StartAsync("le/b", board);
        await Wait.UntilAsync(() => board.Running.Count == 1, "it runs");
        var first = board.Running.Single();

        var client = host.Services.GetRequiredService<ConcordClient>();
        await client.Kv.DeleteAsync(KeyRange.Prefix("le/b/"), cancellationToken: Stop);

        await Wait.UntilAsync(() => board.Running.SingleOrDefault() is { } now && now != first, "it runs again");
        Assert.True(board.Running.Single().Term.FencingToken > first.Term.FencingToken);
        Assert.Equal((1, 1), (board.Disposed, board.Most));
        await host.StopAsync(Stop);
    }

    [Fact]
    public async Task Without_a_client_the_host_says_what_is_missing()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new Board());
        builder.Services.AddLeaderElected<Probe>("le/c");
        using var host = builder.Build();

        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(Stop));

        Assert.Contains("AddConcordClient", missing.Message, StringComparison.Ordinal);
    }

    private async Task<IHost> StartAsync(string name, Board board)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(board);
        builder.Services.AddConcordClient(TestClients.Options(new Uri(server.Url)));
        builder.Services.AddLeaderElected<Probe>(name);
        var host = builder.Build();
        await host.StartAsync(Stop);
        return host;
    }

    /// <summary>Who runs at the moment, over all hosts of a test.</summary>
    public sealed class Board
    {
        private readonly Lock _gate = new();
        private readonly List<Probe> _running = [];

        public IReadOnlyList<Probe> Running
        {
            get
            {
                lock (_gate)
                    return [.. _running];
            }
        }

        public int Most { get; private set; }

        public int Disposed { get; set; }

        public void Begin(Probe probe)
        {
            lock (_gate)
            {
                _running.Add(probe);
                Most = Math.Max(Most, _running.Count);
            }
        }

        public void End(Probe probe)
        {
            lock (_gate)
                _running.Remove(probe);
        }
    }

    public sealed class Probe(Board board, LeaderTerm term, IServiceProvider scope) : BackgroundService
    {
        public LeaderTerm Term => term;

        public IServiceProvider Host { get; } = scope.GetRequiredService<IHost>().Services;

        public override void Dispose()
        {
            board.Disposed++;
            base.Dispose();
        }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            board.Begin(this);
            try
            {
                var stopped = new TaskCompletionSource();
                await using var registration = stoppingToken.Register(stopped.SetResult);
                await stopped.Task;
            }
            finally
            {
                board.End(this);
            }
        }
    }
}
