using Concord.Client;
using Concord.Client.Coordination;
using Concord.Client.Kv;
using Concord.Tests.Etcd;
using Concord.Tests.Rules;
using KeyRange = Concord.Client.Kv.KeyRange;

namespace Concord.Tests.Client;

/// <summary>The snippets of docs/client.md, run as they stand there.</summary>
public sealed class TourTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    /// <summary>Not run here: one names other servers, one is a host's (see LeaderElectedTests).</summary>
    private static readonly string[] Elsewhere = ["new ConcordClient(", "builder."];

    [Fact]
    public async Task Keys_and_transactions()
    {
        var (client, _) = Begin();

        await client.Kv.PutAsync("greeting", "hello");
        var pair = await client.Kv.GetAsync("greeting");                        // null if there is none
        await foreach (var user in client.Kv.GetPrefixAsync("users/"))          // in pages, all as of one revision
            Console.WriteLine($"{user.Key} = {user.Value}");

        var swap = await client.Kv.CompareAndSwapAsync("greeting", pair!.ModRevision, "good day");
        if (!swap.Swapped)
            Console.WriteLine($"somebody was faster: {swap.Current?.Value}");

        var result = await client.Kv.Transaction()
            .When(KvCondition.Absent("jobs/7"))
            .Then(KvOperation.Put("jobs/7", "mine"))
            .Else(KvOperation.Get("jobs/7"))
            .CommitAsync();

        Assert.True(swap.Swapped && result.Succeeded);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Watches()
    {
        var (client, stop) = Begin();
        using var seen = CancellationTokenSource.CreateLinkedTokenSource(stop);
        stop = seen.Token;
        seen.CancelAfter(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            var start = await client.Kv.PutAsync("users/ada", "1");
            await foreach (var news in client.Kv.WatchAsync(KeyRange.Prefix("users/"), new() { StartRevision = start.Revision }, stop))
            {
                switch (news)
                {
                    case KvWatchEvent.Changed changed:          // everything that one revision changed
                        foreach (var change in changed.Changes)
                            Console.WriteLine(change.Deleted ? $"- {change.Key}" : $"+ {change.Key} = {change.Current!.Value}");
                        break;
                    case KvWatchEvent.Relisted relisted:        // changes are lost: this is all there is now
                        Console.WriteLine($"{relisted.Pairs.Count} keys at revision {relisted.Revision}");
                        break;
                    case KvWatchEvent.Interrupted interrupted:  // for your information; nothing is missed
                        Console.WriteLine(interrupted.Reason.Message);
                        break;
                }
            }
        });
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Leases()
    {
        var (client, stop) = Begin();

        await using var lease = await client.Leases.GrantAsync(TimeSpan.FromSeconds(15), stop);
        await client.Kv.PutAsync("instances/a", "http://10.0.0.7:8080", new() { Lease = lease.Id }, stop);
        using var work = CancellationTokenSource.CreateLinkedTokenSource(stop, lease.Lost);

        await client.DisposeAsync();
        Assert.True(work.IsCancellationRequested);
    }

    [Fact]
    public async Task Barriers_and_counters()
    {
        var (client, stop) = Begin();

        await client.Barriers.RaiseAsync("migration", stop);       // client.Barriers.WaitAsync("migration") waits until somebody lowers it
        await client.Barriers.LowerAsync("migration", stop);

        Task<BarrierPass>[] others = [.. Enumerable.Range(0, 3).Select(_ => client.Barriers.EnterAsync("batch/7", 4, cancellationToken: stop))];
        var pass = await client.Barriers.EnterAsync("batch/7", participants: 4, cancellationToken: stop);   // four go on together
        foreach (var other in others)
            await (await other).DisposeAsync();
        await pass.LeaveAsync(stop);                                                                        // and leave together

        var order = await client.Counters.AddAsync("orders", cancellationToken: stop);                      // order.Value: nobody else has it

        Assert.Equal(1, order.Value);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Locks_and_elections()
    {
        var (client, stop) = Begin();

        await using (var held = await client.Locks.AcquireAsync("reports/nightly", new() { Wait = TimeSpan.FromMinutes(1) }, stop))
        {
            // Outside of the store: pass held.FencingToken on, and refuse smaller ones there. Within it:
            await client.Kv.Transaction().When(held.StillHeld).Then(KvOperation.Put("reports/last", "done")).CommitAsync(held.Lost);
        }

        await using var reader = await client.Locks.TryAcquireReadAsync("catalogue");        // null if a writer holds it or waits
        await using var permit = await client.Locks.AcquirePermitAsync("downloads", permits: 4, cancellationToken: stop);

        await using var leadership = await client.Elections.CampaignAsync("scheduler", "http://10.0.0.7:8080", cancellationToken: stop);
        var leader = await client.Elections.GetLeaderAsync("scheduler", stop);

        Assert.NotNull(reader);
        Assert.Equal(leadership.FencingToken, leader!.FencingToken);
        await client.DisposeAsync();
    }

    /// <summary>Line by line, so that page and test cannot drift apart.</summary>
    [Fact]
    public void Every_line_of_the_page_s_snippets_is_in_this_file()
    {
        var here = File.ReadLines(Repository.PathOf("tests/Concord.Tests/Client/TourTests.cs")).Select(line => line.Trim()).ToHashSet();
        var snippets = File.ReadAllText(Repository.PathOf("docs/client.md")).Split("```csharp\n").Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]).ToList();
        var missing = snippets.SelectMany(snippet => snippet.Split('\n'))
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && !here.Contains(line) && !Elsewhere.Any(one => line.Contains(one, StringComparison.Ordinal)));

        Assert.Equal(7, snippets.Count);
        Assert.Empty(missing);
    }

    private (ConcordClient Client, CancellationToken Stop) Begin() =>
        (new ConcordClient(TestClients.Options(new Uri(server.Url))), TestContext.Current.CancellationToken);
}
