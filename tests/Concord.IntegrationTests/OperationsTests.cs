using System.Text;
using System.Text.Json;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.IntegrationTests;

/// <summary>What an operator does with the command line, on real processes and under load.</summary>
public sealed class OperationsTests
{
    [Fact]
    public async Task A_cluster_grows_has_a_member_replaced_shrinks_is_saved_and_restored_while_clients_write()
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await ClusterProcesses.StartAsync(3);
        using var stop = new CancellationTokenSource();
        var load = WriteAsync(cluster, stop.Token);

        var fourth = cluster.AddNode();
        var added = await ConcordAsync(cluster, "cluster", "add", $"n{fourth}={cluster.PeerUrl(fourth)}", "-o", "json");
        Assert.Contains($"--initial-advertise-peer-urls {cluster.PeerUrl(fourth)} ", added.GetProperty("added")[0].GetProperty("start").GetString(), StringComparison.Ordinal);
        await cluster.StartAsync(fourth, "existing");
        await VotersAsync(cluster, "n0", "n1", "n2", "n3");

        await cluster.KillAsync(1);
        var fifth = cluster.AddNode();
        await ConcordAsync(cluster, "cluster", "replace", "n1", $"n{fifth}={cluster.PeerUrl(fifth)}", "-o", "json");
        await cluster.StartAsync(fifth, "existing");
        await VotersAsync(cluster, "n0", "n2", "n3", "n4");

        await ConcordAsync(cluster, "cluster", "resize", "3", "--remove", "n0", "-o", "json");
        await cluster.TerminateAsync(0);
        await VotersAsync(cluster, "n2", "n3", "n4");

        var copy = Path.Combine(folder["copies"], "a.snapshot");
        Directory.CreateDirectory(folder["copies"]);
        var acknowledged = load.Newest();
        var saved = await ConcordAsync(cluster, "snapshot", "save", copy, "-o", "json");
        await stop.CancelAsync();
        var total = await load.Finished;
        await cluster.AssertEqualAsync();

        await using var restored = await RestoreAsync(copy);
        var before = await EverythingAsync(cluster[2], saved.GetProperty("revision").GetInt64());
        var after = await EverythingAsync(restored[0], 0);
        Assert.Equal(before, after);
        Assert.True(acknowledged > 0 && total > acknowledged);
        Assert.Contains(Key(acknowledged), after.Keys);
        var status = (await restored.TryStatusAsync(0))!;
        Assert.True(status.Header.Revision > saved.GetProperty("revision").GetInt64());
        Assert.NotEqual((await cluster.TryStatusAsync(2))!.Header.ClusterId, status.Header.ClusterId);
        await restored.AssertEqualAsync();

        // Who follows the old cluster is not led on silently.
        using var watch = new Watch.WatchClient(restored[1].Channel).Watch();
        await watch.RequestStream.WriteAsync(new() { CreateRequest = new() { Key = ByteString.CopyFromUtf8(Key(1)), StartRevision = status.Header.Revision - 1 } });
        while (await watch.ResponseStream.MoveNext(CancellationToken.None) && watch.ResponseStream.Current.CompactRevision == 0)
        {
        }

        Assert.Equal(status.Header.Revision, watch.ResponseStream.Current.CompactRevision);
    }

    private static string Key(int number) => $"load/{number:d6}";

    private static async Task<ClusterProcesses> RestoreAsync(string copy)
    {
        const string Token = "restored";
        return await ClusterProcesses.StartAsync(3, async restored =>
        {
            foreach (var index in Enumerable.Range(0, 3))
            {
                var (exitCode, output) = await TestProcess.RunAsync(
                    Built.CommandLine,
                    ["snapshot", "restore", copy, "--data-dir", restored.DataDirectory(index), "--initial-cluster-token", Token, .. restored.Founding(index)]);
                Assert.True(exitCode == 0, output);
            }
        }, "--initial-cluster-token", Token);
    }

    private static async Task<JsonElement> ConcordAsync(ClusterProcesses cluster, params string[] args)
    {
        var (exitCode, output) = await TestProcess.RunAsync(
            Built.CommandLine, [.. args, "--endpoints", string.Join(',', cluster.Running.Select(process => process.Address)), "--timeout", "60s"]);
        Assert.True(exitCode == 0, $"concord {string.Join(' ', args)} ended with {exitCode}:\n{output}");
        return JsonDocument.Parse(output).RootElement;
    }

    private static async Task VotersAsync(ClusterProcesses cluster, params string[] names) => await cluster.UntilAsync(
        async () =>
        {
            var members = (await ConcordAsync(cluster, "cluster", "members", "-o", "json")).GetProperty("members").EnumerateArray().ToArray();
            return members.All(member => member.GetProperty("role").GetString() == "voter")
                && names.Order().SequenceEqual(members.Select(member => member.TryGetProperty("name", out var name) ? name.GetString()! : "").Order());
        },
        $"the voters did not become {string.Join(", ", names)}");

    private static async Task<Dictionary<string, string>> EverythingAsync(ServerProcess server, long revision)
    {
        var all = await server.KV.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("\0"), RangeEnd = ByteString.CopyFromUtf8("\0"), Revision = revision });
        return all.Kvs.ToDictionary(pair => pair.Key.ToStringUtf8(), pair => pair.Value.ToStringUtf8());
    }

    private static Load WriteAsync(ClusterProcesses cluster, CancellationToken stop)
    {
        var load = new Load();
        load.Finished = Task.Run(async () =>
        {
            var value = ByteString.CopyFrom(Encoding.UTF8.GetBytes(new string('x', 1000)));
            for (var number = 1; !stop.IsCancellationRequested; number++)
            {
                while (!await TryPutAsync(cluster, number, value))
                {
                }

                load.Acknowledge(number);
            }

            return load.Newest();
        });
        return load;
    }

    /// <summary>At any member that takes it: the same put twice does no harm here.</summary>
    private static async Task<bool> TryPutAsync(ClusterProcesses cluster, int number, ByteString value)
    {
        foreach (var server in cluster.Running.ToArray())
        {
            try
            {
                await server.KV.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8(Key(number)), Value = value }, deadline: DateTime.UtcNow.AddSeconds(10));
                return true;
            }
            catch (Exception error) when (error is RpcException { StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled } or ObjectDisposedException)
            {
                // Killed, removed or without a leader just now: the next one.
            }
        }

        return false;
    }

    private sealed class Load
    {
        private int _newest;

        public Task<int> Finished { get; set; } = Task.FromResult(0);

        public int Newest() => Volatile.Read(ref _newest);

        public void Acknowledge(int number) => Volatile.Write(ref _newest, number);
    }
}
