using System.Net;
using System.Net.Sockets;
using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Administration;

/// <summary>Several servers in this process that form one cluster, with directories and ports of their own.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    /// <summary>Members must know each other's ports before they bind them; somebody else may take one meanwhile.</summary>
    private const int StartAttempts = 5;

    private readonly List<Node> _nodes = [];

    public GrpcChannel this[int index] => _nodes[index].Channel ?? throw new InvalidOperationException($"member {index} does not run");

    public Protocol.Etcd.Cluster.ClusterClient Cluster(int index) => new(this[index]);

    public Protocol.V1.Cluster.ClusterClient Administration(int index) => new(this[index]);

    public Maintenance.MaintenanceClient Maintenance(int index) => new(this[index]);

    public string PeerUrl(int index) => _nodes[index].PeerUrl;

    public string ClientUrl(int index) => _nodes[index].Server!.ClientUrls[0].GetLeftPart(UriPartial.Authority);

    public ulong Id(int index) => _nodes[index].Server!.Replica.Status.MemberId;

    public static async Task<TestCluster> StartAsync(int count)
    {
        for (var attempt = 1; ; attempt++)
        {
            var cluster = new TestCluster();
            try
            {
                for (var i = 0; i < count; i++)
                    cluster.Add();
                await Task.WhenAll(Enumerable.Range(0, count).Select(index => cluster.StartAsync(index)));
                await cluster.UntilAsync(() => cluster._nodes.All(node => node.Server!.Replica.Members is { Count: var known } members && known == count && members.All(member => member.Name.Length > 0)));
                return cluster;
            }
            catch (Exception error) when (attempt < StartAttempts && error is IOException or SocketException)
            {
                await cluster.DisposeAsync();
            }
        }
    }

    /// <summary>A member that is not started yet.</summary>
    public int Add()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _nodes.Add(new($"n{_nodes.Count}", $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}", Directory.CreateTempSubdirectory("concord-test-").FullName));
        return _nodes.Count - 1;
    }

    public async Task StartAsync(int index, string state = "new")
    {
        var node = _nodes[index];
        node.Server = await ConcordServer.StartAsync(new()
        {
            Name = node.Name,
            DataDir = node.Directory,
            ListenClientUrls = [new("http://127.0.0.1:0")],
            ListenPeerUrls = [new(node.PeerUrl)],
            InitialAdvertisePeerUrls = [new(node.PeerUrl)],
            HasPeerPort = true,
            InitialCluster = [.. _nodes.Select(one => new InitialMember(one.Name, [new(one.PeerUrl)]))],
            InitialClusterState = state,
            HeartbeatInterval = TimeSpan.FromMilliseconds(50),
            ElectionTimeout = TimeSpan.FromMilliseconds(500),
            LogLevel = LogLevel.Error,
        });
        node.Channel = GrpcChannel.ForAddress(node.Server.ClientUrls[0]);
    }

    public async Task StopAsync(int index)
    {
        var node = _nodes[index];
        node.Channel?.Dispose();
        if (node.Server is not null)
            await node.Server.DisposeAsync();
        (node.Server, node.Channel) = (null, null);
    }

    public async Task<int> LeaderAsync()
    {
        var leader = -1;
        await UntilAsync(() =>
        {
            var statuses = _nodes.Where(node => node.Server is not null).Select(node => node.Server!.Replica.Status).ToArray();
            leader = _nodes.FindIndex(node => node.Server?.Replica.Status is { LeaderId: not 0 } status && status.LeaderId == status.MemberId);
            return leader >= 0 && statuses.All(status => status.LeaderId == Id(leader));
        });
        return leader;
    }

    public ulong[] Voters(int asked) => [.. _nodes[asked].Server!.Replica.Members.Where(member => !member.IsLearner).Select(member => member.Id)];

    /// <summary>The ids of the voters, as a member lists them once the list has so many.</summary>
    public async Task<ulong[]> VotersAsync(int asked, int count)
    {
        ulong[] voters = [];
        await UntilAsync(() =>
        {
            voters = Voters(asked);
            return voters.Length == count && _nodes[asked].Server!.Replica.Members.All(member => !member.BecomesVoter);
        });
        return voters;
    }

    public async Task UntilAsync(Func<bool> holds)
    {
        var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;
        while (!holds())
        {
            patience.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < _nodes.Count; i++)
        {
            await StopAsync(i);
            Directory.Delete(_nodes[i].Directory, recursive: true);
        }
    }

    private sealed class Node(string name, string peerUrl, string directory)
    {
        public string Name { get; } = name;

        public string PeerUrl { get; } = peerUrl;

        public string Directory { get; } = directory;

        public ConcordServer? Server { get; set; }

        public GrpcChannel? Channel { get; set; }
    }
}
