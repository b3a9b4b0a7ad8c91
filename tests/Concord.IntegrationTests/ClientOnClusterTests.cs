using System.Collections.Concurrent;
using Concord.Client;
using Concord.Client.Kv;

namespace Concord.IntegrationTests;

/// <summary>What a client holds and watches while the members of its cluster die and come back.</summary>
public sealed class ClientOnClusterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_lock_is_kept_and_a_watch_misses_nothing_when_leaders_die()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3);
        await using var client = new ConcordClient(new ConcordClientOptions
        {
            Endpoints = ConcordEndpoints.Parse(string.Join(',', cluster.Addresses)),
        });
        await using var held = await client.Locks.AcquireAsync("held", new() { Ttl = TimeSpan.FromSeconds(20) });
        var waiting = client.Locks.AcquireAsync("held", new() { Ttl = TimeSpan.FromSeconds(20) });
        using var end = new CancellationTokenSource();
        var started = await client.Kv.PutAsync("n/start", "0");
        var seen = new ConcurrentQueue<(long Revision, string Value)>();
        var watching = WatchAsync();
        var written = new List<(long Revision, string Value)>();

        for (var round = 0; round < 2; round++)
        {
            await WriteAsync(round, 0, 20);
            var leader = await cluster.LeaderAsync();
            var killing = cluster.KillAsync(leader);
            await WriteAsync(round, 20, 40);
            await killing;
            await cluster.StartAsync(leader);
            await cluster.LeaderAsync();
            await WriteAsync(round, 40, 60);
        }

        using var patience = new CancellationTokenSource(Patience);
        while (seen.LastOrDefault() != written[^1])
        {
            patience.Token.ThrowIfCancellationRequested();
            await client.Kv.GetAsync("n/start");
        }

        await end.CancelAsync();
        await watching;

        // A put whose answer was lost may be there twice in the store; the watch shows what is in the store, each revision once.
        Assert.Equal(seen.Select(one => one.Revision).Order().Distinct(), seen.Select(one => one.Revision));
        Assert.Empty(written.Except(seen));
        Assert.False(held.Lost.IsCancellationRequested, held.LostReason?.Message);
        Assert.False(waiting.IsCompleted);
        await held.DisposeAsync();
        await using var next = await waiting.WaitAsync(Patience);
        Assert.True(next.FencingToken > held.FencingToken);

        async Task WatchAsync()
        {
            try
            {
                await foreach (var news in client.Kv.WatchAsync(KeyRange.Prefix("n/"), new() { StartRevision = started.Revision + 1 }, end.Token))
                {
                    Assert.IsNotType<KvWatchEvent.Relisted>(news);
                    if (news is KvWatchEvent.Changed changed)
                        seen.Enqueue((changed.Revision, Assert.Single(changed.Changes).Current!.Value.ToString()));
                }
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // Seen enough.
            }
        }

        async Task WriteAsync(int round, int from, int to)
        {
            for (var i = from; i < to; i++)
                written.Add(await PutAsync($"{round}/{i}"));
        }

        async Task<(long Revision, string Value)> PutAsync(string value)
        {
            using var limit = new CancellationTokenSource(Patience);
            while (true)
            {
                try
                {
                    return ((await client.Kv.PutAsync("n/key", value, cancellationToken: limit.Token)).Revision, value);
                }
                catch (ConcordException error) when (error.IsTransient)
                {
                    // Its fate is unknown; to write the same again does no harm here.
                }
            }
        }
    }
}
