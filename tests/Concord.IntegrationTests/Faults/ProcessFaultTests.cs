using Concord.Protocol.Etcd;

namespace Concord.IntegrationTests.Faults;

/// <summary>Real processes that are killed, stopped, damaged or have no room on their disks while clients work.</summary>
public sealed class ProcessFaultTests(ITestOutputHelper output)
{
    private static readonly int Rounds = Built.Long ? 40 : 2;

    [Fact]
    public async Task Promises_hold_while_members_are_killed_and_stopped()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var cluster = await ClusterProcesses.StartAsync(3, FaultyTime.Settings);
        await using var time = new FaultyTime(cluster);
        await time.ServesAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var frozen = random.Next(3);
            cluster[frozen].Process.Freeze();
            await time.ServesAsync();
            cluster[frozen].Process.Thaw();
            await time.ServesAsync();

            var killed = random.Next(3);
            await cluster.KillAsync(killed);
            await time.ServesAsync();
            await cluster.StartAsync(killed);
        }

        output.WriteLine(await time.EndAsync());
    }

    [Fact]
    public async Task A_member_whose_log_is_damaged_refuses_to_start_and_is_replaced_while_clients_write()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3, FaultyTime.Settings);
        await using var time = new FaultyTime(cluster);
        await time.ServesAsync();
        var damaged = await cluster.LeaderAsync();
        var id = (await cluster.TryStatusAsync(damaged))!.Header.MemberId;
        await cluster.KillAsync(damaged);
        Damage.FlipInLog(cluster.DataDirectory(damaged));
        await using (var refused = cluster.Launch(damaged, "new"))
        {
            await refused.WaitForExitAsync();
            Assert.Equal(3, refused.ExitCode);
            Assert.Matches("restore|remove the member", refused.Output);
        }

        await time.ServesAsync();
        cluster.Wipe(damaged);
        var members = new Protocol.Etcd.Cluster.ClusterClient(cluster[await cluster.LeaderAsync()].Channel);
        await members.MemberRemoveAsync(new MemberRemoveRequest { ID = id });
        await members.MemberAddAsync(new MemberAddRequest { PeerURLs = { cluster.PeerUrl(damaged) } });
        await cluster.StartAsync(damaged, "existing");
        await cluster.UntilAsync(async () => await cluster.TryStatusAsync(damaged) is { IsLearner: false, RaftAppliedIndex: > 0 }, "the new member was not given a vote");

        output.WriteLine(await time.EndAsync());
    }

    [Fact]
    public async Task Writes_go_on_while_the_disk_of_one_member_is_full()
    {
        // A segment in use and one ahead, 64 MiB each, and some room for snapshots.
        var (disk, reason) = await SmallDisk.TryMakeAsync(megabytes: 160);
        Assert.SkipWhen(disk is null, reason ?? "");
        using (disk)
        {
            const int Full = 1;
            await using var cluster = await ClusterProcesses.StartAsync(
                3, index => index == Full ? MemberSite.Loopback with { Directory = Path.Combine(disk!.Path, "data") } : MemberSite.Loopback, FaultyTime.Settings);
            await using var time = new FaultyTime(cluster);
            await time.ServesAsync();
            disk!.Fill();
            var blocks = new BlockWriter([.. cluster.Addresses]);
            while (!cluster[Full].Process.Output.Contains("The disk is full", StringComparison.Ordinal))
            {
                await blocks.PutAsync();
            }

            await time.ServesAsync();
            disk.MakeRoom();
            await cluster.UntilAsync(
                async () => await cluster.TryStatusAsync(Full) is { } full && await cluster.TryStatusAsync(await cluster.LeaderAsync()) is { } leader && full.RaftAppliedIndex + 100 > leader.RaftAppliedIndex,
                "the member did not catch up when it had room again");

            output.WriteLine($"{blocks.Count} blocks until it was full; " + await time.EndAsync());
        }
    }

    [Fact]
    public async Task Seven_members_serve_with_three_dead()
    {
        Assert.SkipUnless(Built.Long, "seven processes on two cores take their time: CONCORD_LONG=1");
        await using var cluster = await ClusterProcesses.StartAsync(7, FaultyTime.Settings);
        await using var time = new FaultyTime(cluster);
        await time.ServesAsync();
        var leader = await cluster.LeaderAsync();
        int[] dead = [leader, (leader + 1) % 7, (leader + 2) % 7];
        foreach (var index in dead)
        {
            await cluster.KillAsync(index);
        }

        await time.ServesAsync();
        foreach (var index in dead)
        {
            await cluster.StartAsync(index);
        }

        output.WriteLine(await time.EndAsync());
    }
}
