using System.Text.Json;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.IntegrationTests;

/// <summary>A fleet moves from etcd to Concord, and back, with the tools that each side's operators have.</summary>
public sealed class MigrationTests
{
    private const string Token = "moved";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task From_etcd_to_Concord_and_back_nothing_is_lost(int members)
    {
        Assert.SkipWhen(EtcdProcess.Missing is not null, EtcdProcess.Missing ?? "");
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["copies"]);
        var (fromEtcd, fromConcord) = (Path.Combine(folder["copies"], "etcd.db"), Path.Combine(folder["copies"], "concord.db"));
        var seed = new Random(members);

        StoreContent before;
        await using (var etcd = await EtcdProcess.StartAsync(folder["etcd"]))
        {
            await WriteAsync(etcd.Channel, seed, compact: true);
            before = await StoreContent.ReadAsync(etcd.Channel);
            await EtcdProcess.ControlAsync("snapshot", "save", fromEtcd, "--endpoints", etcd.Url);
            await etcd.StopAsync();
        }

        await ConcordAsync("snapshot", "status", fromEtcd);
        await using var cluster = await ClusterProcesses.StartAsync(members, async founding =>
        {
            foreach (var index in Enumerable.Range(0, members))
            {
                await ConcordAsync(["snapshot", "restore", fromEtcd, "--data-dir", founding.DataDirectory(index), "--initial-cluster-token", Token, .. founding.Founding(index)]);
            }
        }, "--initial-cluster-token", Token);
        foreach (var index in Enumerable.Range(0, members))
        {
            Same(before, await StoreContent.ReadAsync(cluster[index].Channel));
        }

        await WriteAsync(cluster[0].Channel, seed, compact: members == 3);
        await cluster.AssertEqualAsync();
        var after = await StoreContent.ReadAsync(cluster[members - 1].Channel);
        Assert.True(after.Revision > before.Revision);
        await EtcdProcess.ControlAsync("snapshot", "save", fromConcord, "--endpoints", cluster[members - 1].Address.ToString());
        var status = JsonDocument.Parse(await EtcdProcess.ControlAsync("snapshot", "status", fromConcord, "-w", "json")).RootElement;
        Assert.Equal(after.Revision, status.GetProperty("revision").GetInt64());

        await EtcdProcess.ControlAsync("snapshot", "restore", fromConcord, "--data-dir", folder["back"]);
        await using var back = await EtcdProcess.StartAsync(folder["back"]);
        Same(after, await StoreContent.ReadAsync(back.Channel));

        // And it goes on from there: no member of the old cluster is in its way, no revision is given twice.
        var put = await new KV.KVClient(back.Channel).PutAsync(new() { Key = ByteString.CopyFromUtf8("next"), Value = ByteString.CopyFromUtf8("1") });
        Assert.Equal(after.Revision + 1, put.Header.Revision);
    }

    [Fact]
    public async Task The_file_of_a_stopped_member_is_taken_when_the_operator_says_so()
    {
        Assert.SkipWhen(EtcdProcess.Missing is not null, EtcdProcess.Missing ?? "");
        using var folder = new TemporaryFolder();
        StoreContent before;
        await using (var etcd = await EtcdProcess.StartAsync(folder["etcd"]))
        {
            await WriteAsync(etcd.Channel, new Random(7), compact: true);
            before = await StoreContent.ReadAsync(etcd.Channel);
            await etcd.StopAsync();
        }

        var file = Path.Combine(folder["etcd"], "member", "snap", "db");
        var (exitCode, output) = await TestProcess.RunAsync(Built.CommandLine, ["snapshot", "restore", file, "--data-dir", folder["refused"]]);
        Assert.Equal(2, exitCode);
        Assert.Contains("--skip-hash-check", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["refused"]));

        await using var cluster = await ClusterProcesses.StartAsync(1, founding => ConcordAsync(
            ["snapshot", "restore", file, "--skip-hash-check", "--data-dir", founding.DataDirectory(0), "--initial-cluster-token", Token, .. founding.Founding(0)]),
            "--initial-cluster-token", Token);
        Same(before, await StoreContent.ReadAsync(cluster[0].Channel));
    }

    private static void Same(StoreContent expected, StoreContent actual)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.Equal(expected.Leases, actual.Leases);
        Assert.Equal(expected.History, actual.History);
        Assert.Equal(expected.Events, actual.Events);
        Assert.Equal(expected, actual);
    }

    private static async Task ConcordAsync(params string[] arguments)
    {
        var (exitCode, output) = await TestProcess.RunAsync(Built.CommandLine, arguments);
        Assert.True(exitCode == 0, $"concord {string.Join(' ', arguments)} ended with {exitCode}:\n{output}");
    }

    /// <summary>Puts, deletes, transactions, leases and large values over few keys; then a compaction in the middle.</summary>
    private static async Task WriteAsync(ChannelBase channel, Random random, bool compact)
    {
        var kv = new KV.KVClient(channel);
        var leases = new Lease.LeaseClient(channel);
        var granted = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            granted.Add((await leases.LeaseGrantAsync(new() { TTL = 3000 + i })).ID);
        }

        var first = (await kv.RangeAsync(new() { Key = Key(0) })).Header.Revision;
        for (var i = 0; i < 400; i++)
        {
            var key = Key(random.Next(80));
            switch (random.Next(8))
            {
                case 0:
                    await kv.DeleteRangeAsync(new() { Key = key });
                    break;
                case 1:
                    var txn = new TxnRequest();
                    txn.Success.AddRange(Enumerable.Range(0, random.Next(1, 6)).Select(n => new RequestOp { RequestPut = new() { Key = Key(100 + n), Value = Value(random, 30) } }));
                    txn.Success.Add(new RequestOp { RequestDeleteRange = new() { Key = Key(random.Next(80)) } });
                    await kv.TxnAsync(txn);
                    break;
                case 2:
                    await kv.PutAsync(new() { Key = key, Value = Value(random, 50), Lease = granted[random.Next(granted.Count - 1)] });
                    break;
                default:
                    await kv.PutAsync(new() { Key = key, Value = Value(random, random.Next(30) == 0 ? 60_000 : 100) });
                    break;
            }
        }

        await kv.PutAsync(new() { Key = ByteString.CopyFrom(0xff, 0, 0x74), Value = Value(random, 1_000_000) });
        await leases.LeaseRevokeAsync(new() { ID = granted[0] });
        if (compact)
        {
            var last = (await kv.RangeAsync(new() { Key = Key(0) })).Header.Revision;
            await kv.CompactAsync(new() { Revision = (first + last) / 2, Physical = true });
            await kv.DeleteRangeAsync(new() { Key = Key(5), RangeEnd = Key(9) });
        }
    }

    private static ByteString Key(int number) => ByteString.CopyFromUtf8($"fleet/{number:d3}");

    private static ByteString Value(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }
}
