using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Concord.Gossip;
using Concord.Members;
using Concord.Members.Keys;
using Concord.Members.Wire;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Concord.Server.Registry.Expiry;
using Concord.Server.Replica;

namespace Concord.Server.Members;

/// <summary>
/// This server among those who gossip. The members of its cluster find each other without a setting: each tells the others where it
/// gossips when it connects to them as a peer. Says goodbye when the server stops.
/// </summary>
internal sealed class ServerGossip(GossipBinding binding, ServerOptions options, LocalReplica replica, TimeProvider time, ILogger<ServerGossip> logger) : IHostedService, IAsyncDisposable
{
    /// <summary>A goodbye is heard after a few hundred milliseconds; a stop does not wait longer for it.</summary>
    private static readonly TimeSpan GoodbyeMax = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private GossipMember? _member;
    private Task _joining = Task.CompletedTask;
    private HostView _hosts = HostView.Nothing;
    private long _seen = -1;
    private int _isDisposed;

    /// <summary>Null until it is started.</summary>
    public GossipMember? Member => _member;

    public ulong ClusterId => replica.Status.ClusterId;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var file = options.GossipKeyFile.Length > 0 ? new KeyringFile(options.GossipKeyFile) : null;
        _member = GossipMember.Start(
            new()
            {
                Name = options.Name,
                Address = binding.Address,
                ClusterId = ClusterId,
                Metadata = Metadata([]),
                Keys = file?.Read(),
                KeyFile = file,
                Profile = options.GossipProfile,
            },
            binding.Port,
            logger);
        _joining = new SeedJoiner(_member, SeedsAsync, time).RunAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    /// <summary>Tells the others where clients are served, once that is known.</summary>
    public async Task AnnounceAsync(IEnumerable<string> clientUrls)
    {
        try
        {
            await _member!.UpdateAsync(Metadata([.. clientUrls]));
        }
        catch (GossipBusyException)
        {
            // It stops already.
        }
    }

    /// <summary>
    /// Which agents are dead and which live. Nobody is dead as long as this server hears no other server although there are some: then it
    /// is this one that is cut off.
    /// </summary>
    public HostView Hosts()
    {
        if (_member is not { } member)
        {
            return HostView.Nothing;
        }

        lock (_lock)
        {
            // Before the members are looked at: what changes meanwhile is seen the next time.
            var version = member.Version;
            if (version == _seen)
            {
                return _hosts;
            }

            _seen = version;
            HashSet<string> dead = [], alive = [], checking = [], lost = [];
            var (others, heard) = (0, 0);
            foreach (var one in member.Members)
            {
                var told = MemberMetadata.Decode(one.Info.Metadata.Span);
                if (told.Role == MemberMetadata.Agent)
                {
                    // A suspicion is no death: checks do not move for it.
                    _ = told.Checks && one.Status switch
                    {
                        MemberStatus.Alive or MemberStatus.Suspect => checking.Add(one.Info.Name),
                        MemberStatus.Dead => lost.Add(one.Info.Name),
                        _ => false,
                    };

                    _ = one.Status switch
                    {
                        MemberStatus.Dead => dead.Add(one.Info.Name),
                        MemberStatus.Alive => alive.Add(one.Info.Name),
                        _ => false,
                    };
                }
                else if (told.Role == MemberMetadata.Server && one.Info.Name != member.Name && one.Status != MemberStatus.Left)
                {
                    others++;
                    heard += one.Status == MemberStatus.Alive ? 1 : 0;
                }
            }

            if (others > 0 && heard == 0)
            {
                dead.Clear();
                checking.UnionWith(lost);
            }

            if (!dead.SetEquals(_hosts.Dead) || !alive.SetEquals(_hosts.Alive) || !checking.SetEquals(_hosts.Checking))
            {
                _hosts = new(_hosts.Version + 1, dead, alive) { Checking = checking };
            }

            return _hosts;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        if (_member is { } member)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(GoodbyeMax);
            try
            {
                await member.LeaveAsync(patience.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or GossipBusyException)
            {
                // Others see a death, then, and think no worse of a server that comes back.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // As a service and as a hosted one it is disposed twice.
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _joining;
        if (_member is not null)
        {
            await _member.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private MemberMetadata Metadata(IReadOnlyList<string> clientUrls) => new(MemberMetadata.Server)
    {
        Id = replica.Status.MemberId.ToString("x", CultureInfo.InvariantCulture),
        Urls = clientUrls.Count > 0 ? clientUrls : null,
        Zone = options.Zone.Length > 0 ? options.Zone : null,
        Version = ServerVersion.Product,
    };

    private async Task<IReadOnlyList<GossipAddress>> SeedsAsync(CancellationToken cancellation)
    {
        var found = new HashSet<GossipAddress>();
        foreach (var text in replica.GossipAddresses)
        {
            if (IPEndPoint.TryParse(text, out var endPoint) && Addresses.From(endPoint.Address, endPoint.Port) is { } address)
            {
                found.Add(address);
            }
        }

        SocketException? problem = null;
        foreach (var seed in options.GossipJoin)
        {
            try
            {
                found.UnionWith(await seed.ResolveAsync(cancellation));
            }
            catch (SocketException error)
            {
                problem = error;
            }
        }

        found.Remove(binding.Address);
        return found.Count == 0 && problem is not null ? throw problem : [.. found];
    }
}
