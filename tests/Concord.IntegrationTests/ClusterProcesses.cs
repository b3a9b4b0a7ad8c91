using System.Net;
using System.Net.Sockets;
using Concord.Protocol.Etcd;
using Grpc.Core;

namespace Concord.IntegrationTests;

/// <summary>Several concord-server processes that form one cluster, on loopback unless told otherwise.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    /// <summary>Members must know each other's ports before they bind them; somebody else may take one meanwhile.</summary>
    private const int StartAttempts = 5;

    private readonly TemporaryFolder _folder = new();
    private readonly string[] _more;
    private readonly List<Node> _nodes = [];
    private readonly Func<int, MemberSite> _sites;

    private ClusterProcesses(Func<int, MemberSite> sites, string[] more)
    {
        _sites = sites;
        _more = more;
    }

    public int Count => _nodes.Count;

    public IEnumerable<ServerProcess> Running => _nodes.Where(node => node.Process is not null).Select(node => node.Process!);

    public IEnumerable<string> Addresses => _nodes.Select(node => $"http://{node.Site.Host}:{node.ClientPort}");

    public ServerProcess this[int index] => _nodes[index].Process ?? throw new InvalidOperationException($"member {index} is not running");

    public static Task<ClusterProcesses> StartAsync(int count, params string[] more) => StartAsync(count, _ => Task.CompletedTask, more);

    /// <param name="prepare">Puts into the data directories what the members start with.</param>
    public static Task<ClusterProcesses> StartAsync(int count, Func<ClusterProcesses, Task> prepare, params string[] more) =>
        StartAsync(count, _ => MemberSite.Loopback, prepare, more);

    public static Task<ClusterProcesses> StartAsync(int count, Func<int, MemberSite> sites, params string[] more) =>
        StartAsync(count, sites, _ => Task.CompletedTask, more);

    private static async Task<ClusterProcesses> StartAsync(int count, Func<int, MemberSite> sites, Func<ClusterProcesses, Task> prepare, string[] more)
    {
        for (var attempt = 1; ; attempt++)
        {
            var cluster = new ClusterProcesses(sites, more);
            try
            {
                foreach (var index in Enumerable.Range(0, count))
                {
                    cluster.AddNode(index);
                }

                await prepare(cluster);
                await Task.WhenAll(Enumerable.Range(0, count).Select(cluster.StartAsync));
                await cluster.LeaderAsync();
                return cluster;
            }
            catch (InvalidOperationException clash) when (attempt < StartAttempts && clash.Message.Contains("in use", StringComparison.Ordinal))
            {
                await cluster.DisposeAsync();
            }
            catch
            {
                await cluster.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>A member that is not started yet; it gets ports and a directory.</summary>
    public int AddNode() => AddNode(_nodes.Count);

    public string PeerUrl(int index) => $"http://{_nodes[index].Site.Host}:{_nodes[index].PeerPort}";

    public string DataDirectory(int index) => _nodes[index].Directory;

    /// <summary>Starts a member, or starts it again.</summary>
    public Task StartAsync(int index) => StartAsync(index, "new");

    public async Task StartAsync(int index, string state, params string[] more)
    {
        var node = _nodes[index];
        node.Process = await ServerProcess.StartAsync(node.Site, node.Directory, node.ClientPort, [.. Arguments(index, state), .. more]);
    }

    /// <summary>Launches a member that is expected to refuse to start.</summary>
    public TestProcess Launch(int index, string state) => ServerProcess.Launch(_nodes[index].Site, _nodes[index].Directory, _nodes[index].ClientPort, Arguments(index, state));

    public async Task KillAsync(int index)
    {
        var process = Take(index);
        await process.Process.KillAsync();
        await process.DisposeAsync();
    }

    /// <summary>Waits until a member ends by itself, with this exit code and text.</summary>
    public async Task EndAsync(int index, int exitCode, string said)
    {
        await using var process = Take(index);
        await process.Process.WaitForExitAsync();
        Assert.Equal(exitCode, process.Process.ExitCode);
        Assert.Contains(said, process.Process.Output, StringComparison.Ordinal);
    }

    /// <summary>Asks a member to stop; returns how long that took.</summary>
    public async Task<TimeSpan> TerminateAsync(int index)
    {
        var process = Take(index);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        await process.Process.TerminateAsync();
        var took = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        await process.DisposeAsync();
        return took;
    }

    /// <summary>Empties the data directory of a member that does not run.</summary>
    public void Wipe(int index) => Directory.Delete(_nodes[index].Directory, recursive: true);

    /// <summary>Waits until all running members agree on a leader that runs; its index.</summary>
    public async Task<int> LeaderAsync()
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (DateTime.UtcNow < deadline)
        {
            var statuses = new List<(int Index, StatusResponse Status)>();
            foreach (var index in Enumerable.Range(0, _nodes.Count).Where(index => _nodes[index].Process is not null))
            {
                if (await TryStatusAsync(index) is { } status)
                {
                    statuses.Add((index, status));
                }
            }

            var leaders = statuses.Where(one => one.Status.Leader == one.Status.Header.MemberId).ToArray();
            if (leaders is [var leader] && statuses.Count == Running.Count() && statuses.All(one => one.Status.Leader == leader.Status.Leader))
            {
                return leader.Index;
            }
        }

        throw new TimeoutException("the members did not agree on a leader:\n" + string.Join("\n", Running.Select(process => process.Process.Output)));
    }

    public async Task<StatusResponse?> TryStatusAsync(int index)
    {
        try
        {
            return await new Maintenance.MaintenanceClient(this[index].Channel).StatusAsync(new StatusRequest(), deadline: DateTime.UtcNow.AddSeconds(2));
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            return null;
        }
    }

    /// <summary>Waits until every running member has applied what the leader has now, then compares their hashes.</summary>
    public async Task AssertEqualAsync()
    {
        var leader = await LeaderAsync();
        var goal = (await TryStatusAsync(leader))!.RaftIndex;
        var hashes = new List<(int Index, HashKVResponse Hash)>();
        foreach (var index in Enumerable.Range(0, _nodes.Count).Where(index => _nodes[index].Process is not null))
        {
            await UntilAsync(async () => await TryStatusAsync(index) is { } status && status.RaftAppliedIndex >= goal, $"member {index} did not reach entry {goal}");
            hashes.Add((index, await new Maintenance.MaintenanceClient(this[index].Channel).HashKVAsync(new HashKVRequest())));
        }

        Assert.True(
            hashes.Select(one => (one.Hash.Hash, one.Hash.HashRevision)).Distinct().Count() == 1,
            string.Join("; ", hashes.Select(one => $"member {one.Index}: revision {one.Hash.HashRevision}, hash {one.Hash.Hash}")));
    }

    public async Task UntilAsync(Func<Task<bool>> holds, string otherwise)
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (!await holds())
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new TimeoutException(otherwise + ":\n" + string.Join("\n----\n", Running.Select(process => process.Process.Output)));
            }

            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Where(node => node.Process is not null))
        {
            await node.Process!.DisposeAsync();
        }

        _folder.Dispose();
    }

    private int AddNode(int index)
    {
        var ports = FreePorts();
        var site = _sites(index);
        _nodes.Add(new($"n{index}", site, site.Directory ?? _folder[$"n{index}"], ports[0], ports[1]));
        return index;
    }

    /// <summary>The settings that say which member of which cluster it is.</summary>
    public string[] Founding(int index) =>
    [
        "--name", _nodes[index].Name,
        "--initial-advertise-peer-urls", PeerUrl(index),
        "--initial-cluster", string.Join(',', _nodes.Select(node => $"{node.Name}=http://{node.Site.Host}:{node.PeerPort}")),
    ];

    private string[] Arguments(int index, string state) =>
        [.. Founding(index), "--listen-peer-urls", PeerUrl(index), "--initial-cluster-state", state, .. _more];

    private ServerProcess Take(int index)
    {
        var process = this[index];
        _nodes[index].Process = null;
        return process;
    }

    private static int[] FreePorts()
    {
        using var a = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var b = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        a.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        b.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return [((IPEndPoint)a.LocalEndPoint!).Port, ((IPEndPoint)b.LocalEndPoint!).Port];
    }

    private sealed class Node(string name, MemberSite site, string directory, int clientPort, int peerPort)
    {
        public MemberSite Site { get; } = site;

        public string Name { get; } = name;

        public string Directory { get; } = directory;

        public int ClientPort { get; } = clientPort;

        public int PeerPort { get; } = peerPort;

        public ServerProcess? Process { get; set; }
    }
}
