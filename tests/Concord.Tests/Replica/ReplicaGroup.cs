using System.Net;
using System.Net.Sockets;
using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;
using Concord.Server.Replica;
using Concord.Simulator.Disk;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Replica;

/// <summary>Several replicas of one cluster in this process: simulated disks, real connections on loopback.</summary>
internal sealed class ReplicaGroup : IAsyncDisposable
{
    private readonly SharedDisk[] _disks;
    private readonly int[] _ports;
    private readonly LocalReplica?[] _replicas;
    private readonly Membership _founders;

    private ReplicaGroup(int count)
    {
        _ports = FreePorts(count);
        _disks = [.. Enumerable.Range(0, count).Select(i => new SharedDisk(new SimulatedDisk(i + 1)))];
        _replicas = new LocalReplica?[count];
        var directory = MemberDirectory.Empty;
        foreach (var i in Enumerable.Range(0, count))
        {
            directory = directory.With(IdOf(i), new($"n{i}", [$"http://127.0.0.1:{_ports[i]}"], []));
        }

        _founders = Membership.Of([.. Enumerable.Range(0, count).Select(IdOf)]) with { Context = directory.Encode() };
    }

    /// <summary>The disk of a member that does not run.</summary>
    public SharedDisk DiskOf(int index) => _disks[index];

    public long SnapshotEntries { get; init; } = 10_000;

    public int CatchUpEntries { get; init; } = 5000;

    public LocalReplica this[int index] => _replicas[index]!;

    public IEnumerable<LocalReplica> Running => _replicas.Where(replica => replica is not null)!;

    public static MemberId IdOf(int index) => new((ulong)index + 1);

    public static async Task<ReplicaGroup> StartAsync(int count, long snapshotEntries = 10_000, int catchUpEntries = 5000)
    {
        const int Attempts = 5;
        for (var attempt = 1; ; attempt++)
        {
            var group = new ReplicaGroup(count) { SnapshotEntries = snapshotEntries, CatchUpEntries = catchUpEntries };
            try
            {
                foreach (var index in Enumerable.Range(0, count))
                {
                    await group.StartAsync(index);
                }

                await group.LeaderAsync();
                return group;
            }
            catch (SocketException) when (attempt < Attempts)
            {
                // Somebody took a port between choosing and binding it.
                await group.DisposeAsync();
            }
        }
    }

    public async Task StartAsync(int index)
    {
        var identity = new Concord.Storage.MemberIdentity(1, IdOf(index).Value, $"n{index}");
        var options = new ReplicaOptions
        {
            Identity = identity,
            FirstMembership = _founders,
            TickInterval = TimeSpan.FromMilliseconds(20),
            SnapshotEntries = SnapshotEntries,
            SnapshotLogBytes = 1,
            StateCheckInterval = TimeSpan.FromMilliseconds(100),
            CatchUpEntries = CatchUpEntries,
            Storage = new() { SegmentBytes = 64 << 10 },
            Peers = new PeerOptions
            {
                Identity = identity,
                ListenUrls = [new($"http://127.0.0.1:{_ports[index]}")],
                AdvertiseUrls = [$"http://127.0.0.1:{_ports[index]}"],
                RetryMax = TimeSpan.FromMilliseconds(20),
            },
        };
        _replicas[index] = await LocalReplica.StartAsync(options, _disks[index], NullLogger<LocalReplica>.Instance, Patience);
    }

    public async Task StopAsync(int index)
    {
        var replica = this[index];
        _replicas[index] = null;
        await replica.DisposeAsync();
    }

    /// <summary>Waits until all running replicas follow one that runs; its index.</summary>
    public async Task<int> LeaderAsync()
    {
        var leader = 0ul;
        await UntilAsync(() =>
        {
            leader = Running.First().Status.LeaderId;
            return leader != 0 && Running.All(replica => replica.Status.LeaderId == leader) && Running.Any(replica => replica.Status.MemberId == leader);
        });
        return (int)leader - 1;
    }

    /// <summary>Waits until all running replicas have the same state.</summary>
    public async Task AssertEqualAsync()
    {
        var leader = this[await LeaderAsync()];
        await UntilAsync(() => Running.All(replica => replica.Status.AppliedIndex >= leader.Status.CommitIndex && replica.View.Revision == leader.View.Revision));
        Assert.Single(Running.Select(replica =>
        {
            Assert.Equal(Concord.Mvcc.StoreError.None, replica.View.Hash(0, out var hash));
            return hash;
        }).Distinct());
    }

    public static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public static async Task UntilAsync(Func<bool> condition)
    {
        var patience = Patience;
        while (!condition())
        {
            patience.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(Running.Select(replica => replica.DisposeAsync().AsTask()));

    private static int[] FreePorts(int count)
    {
        Socket[] sockets = [.. Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        try
        {
            return [.. sockets.Select(socket =>
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                return ((IPEndPoint)socket.LocalEndPoint!).Port;
            })];
        }
        finally
        {
            Array.ForEach(sockets, socket => socket.Dispose());
        }
    }
}
