using Concord.Protocol.Etcd;

namespace Concord.IntegrationTests.Faults;

/// <summary>
/// Clients and watchers of a cluster while something is done to it, and the verdict: histories are linearizable, nothing
/// acknowledged is lost, all members hold the same state, and watchers saw every event once and in order.
/// </summary>
internal sealed class FaultyTime : IAsyncDisposable
{
    /// <summary>Elections that do not take the test's time, and a log that is cut off behind members that are away.</summary>
    public static string[] Settings { get; } =
        ["--heartbeat-interval", "50", "--election-timeout", "500", "--snapshot-count", "1000", "--snapshot-catchup-entries", "200"];

    private readonly ClusterProcesses _cluster;
    private readonly EventWatcher[] _watchers;
    private readonly ClusterLoad _load;

    public FaultyTime(ClusterProcesses cluster)
    {
        _cluster = cluster;
        string[] addresses = [.. cluster.Addresses];
        Clients = new(addresses, clients: 4);
        _load = new(addresses, writers: 1);
        _watchers = [new(addresses), new(addresses.Reverse())];
    }

    public RegisterClients Clients { get; }

    /// <summary>Some calls more, after whatever was done last: the cluster serves.</summary>
    public Task ServesAsync() => Clients.MoreAsync(100);

    /// <returns>Figures.</returns>
    public async Task<string> EndAsync()
    {
        await _cluster.LeaderAsync();
        await ServesAsync();
        await Clients.StopAsync();
        await _load.StopAsync();
        await _cluster.AssertEqualAsync();
        var leader = _cluster[await _cluster.LeaderAsync()];
        var last = (await leader.KV.RangeAsync(new RangeRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("register/0") })).Header.Revision;
        foreach (var member in _cluster.Running)
        {
            await _load.VerifyAsync(member.KV);
        }

        var expected = await EventWatcher.HistoryAsync(leader.Channel, last);
        foreach (var watcher in _watchers)
        {
            Assert.Equal(expected, await watcher.UpToAsync(last));
        }

        return $"{Clients.Check()}; {_load.Acknowledged} puts acknowledged, all there; {expected.Count} events seen once by watchers that moved {string.Join(" and ", _watchers.Select(one => one.Moves))} times";
    }

    public async ValueTask DisposeAsync()
    {
        await Clients.DisposeAsync();
        await _load.DisposeAsync();
        foreach (var watcher in _watchers)
        {
            await watcher.DisposeAsync();
        }
    }
}
