namespace Concord.IntegrationTests.Faults;

/// <summary>Real processes in networks of their own, which are cut while clients work.</summary>
public sealed class NetworkFaultTests(ITestOutputHelper output)
{
    private static readonly int Rounds = Built.Long ? 10 : 1;

    [Fact]
    public async Task Promises_hold_while_the_network_is_cut()
    {
        var members = Built.Long ? 5 : 3;
        var (namespaces, reason) = await NetworkNamespaces.TryMakeAsync(members);
        Assert.SkipWhen(namespaces is null, reason ?? "");
        using (namespaces)
        {
            await using var cluster = await ClusterProcesses.StartAsync(members, namespaces!.Site, FaultyTime.Settings);
            await using var time = new FaultyTime(cluster);
            await time.ServesAsync();
            for (var round = 0; round < Rounds; round++)
            {
                await DuringAsync("the leader is alone", leader => namespaces.SplitAsync(leader), takesOver: true);
                await DuringAsync(
                    "a minority with the leader",
                    leader => namespaces.SplitAsync([.. Enumerable.Range(leader, (members - 1) / 2).Select(member => member % members)]), takesOver: true);
                await DuringAsync("a follower is alone", leader => namespaces.SplitAsync((leader + 1) % members), takesOver: false);
                await DuringAsync("nobody hears the leader", async leader =>
                {
                    foreach (var other in Enumerable.Range(0, members).Where(other => other != leader))
                    {
                        await namespaces.CutAsync(leader, other);
                    }
                }, takesOver: true);
                await DuringAsync("the leader does not hear a follower", leader => namespaces.CutAsync((leader + 1) % members, leader), takesOver: false);
            }

            output.WriteLine(await time.EndAsync());

            async Task DuringAsync(string what, Func<int, Task> cut, bool takesOver)
            {
                var leader = await cluster.LeaderAsync();
                var before = (await cluster.TryStatusAsync(leader))!.Leader;
                var started = System.Diagnostics.Stopwatch.GetTimestamp();
                await cut(leader);
                if (takesOver)
                {
                    await cluster.UntilAsync(
                        async () => await cluster.TryStatusAsync((leader + members - 1) % members) is { Leader: not 0 } status && status.Leader != before,
                        $"nobody took over while {what}");
                }
                else
                {
                    await cluster.UntilAsync(
                        async () => await cluster.TryStatusAsync((leader + 1) % members) is { Leader: 0 }, $"the follower did not notice that {what}");
                }

                await time.ServesAsync();
                await namespaces.HealAsync();
                await cluster.LeaderAsync();
                await time.ServesAsync();
                output.WriteLine($"{what}: {System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
            }
        }
    }
}
