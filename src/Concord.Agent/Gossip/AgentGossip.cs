using System.Net;
using Concord.Client;
using Concord.Client.Members;
using Concord.Gossip;
using Concord.Members;
using Concord.Members.Keys;
using Concord.Members.Wire;
using GossipMember = Concord.Members.GossipMember;

namespace Concord.Agent.Gossip;

/// <summary>
/// The agent among those who gossip. Which group it is and where the servers are it asks the servers, and remembers it for a start
/// while they are away. Says goodbye when it stops: a host that is shut down in order has not died.
/// </summary>
internal sealed class AgentGossip(AgentOptions options, GossipPort port, ConcordClient client, TimeProvider time, AgentLog log, ILoggerFactory logging) : BackgroundService, IAsyncDisposable
{
    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(250), RetryMax = TimeSpan.FromSeconds(10);

    /// <summary>A goodbye is heard after a few hundred milliseconds; a stop does not wait longer for it.</summary>
    private static readonly TimeSpan GoodbyeMax = TimeSpan.FromSeconds(1);

    /// <summary>How often the servers are asked where they gossip, while none is heard.</summary>
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(5);

    private readonly GroupFile _file = new(Path.Combine(options.DataDir, "group.json"), log);
    private IReadOnlyList<GossipAddress> _seeds = [];
    private long _asked;
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GossipMember? _member;
    private int _isDisposed;
    private volatile bool _checks;

    /// <summary>Null until it knows the group.</summary>
    public GossipMember? Member => Volatile.Read(ref _member);

    /// <summary>Completes when it belongs to a group: never where the servers do not gossip.</summary>
    public Task Joined => _joined.Task;

    /// <summary>Tells the servers whether it runs the checks of its instances; if not, they do.</summary>
    public async Task SayChecksAsync(bool checks)
    {
        if (_checks == checks)
        {
            return;
        }

        _checks = checks;
        try
        {
            await (Member?.UpdateAsync(Metadata()) ?? Task.CompletedTask);
        }
        catch (GossipBusyException)
        {
            // It stops already.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Member is { } member)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(GoodbyeMax);
            try
            {
                await member.LeaveAsync(patience.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or GossipBusyException)
            {
                // Others see a death, then.
            }
        }

        await base.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // As a service and as a hosted one it is disposed twice.
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        if (Member is { } member)
        {
            await member.DisposeAsync();
        }

        port.Dispose();
        Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var address = port.Reached(options.GossipAdvertise?.Address, options.GossipAdvertise?.Port ?? 0)!.Value;
            var cluster = await FindGroupAsync(stoppingToken);
            var file = options.GossipKeyFile.Length > 0 ? new KeyringFile(options.GossipKeyFile) : null;
            var member = GossipMember.Start(
                new()
                {
                    Name = options.Name,
                    Address = address,
                    ClusterId = cluster,
                    Metadata = Metadata(),
                    Keys = file?.Read(),
                    KeyFile = file,
                    Profile = options.GossipProfile,
                },
                port,
                logging.CreateLogger<AgentGossip>());
            Volatile.Write(ref _member, member);
            _joined.TrySetResult();
            await new SeedJoiner(member, SeedsAsync, time).RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // It stops before it knew the group.
        }
    }

    private static string Version => typeof(AgentGossip).Assembly.GetName().Version?.ToString(3) ?? "";

    private MemberMetadata Metadata() => new(MemberMetadata.Agent) { Zone = options.Zone.Length > 0 ? options.Zone : null, Version = Version, Checks = _checks };

    private async Task<ulong> FindGroupAsync(CancellationToken stop)
    {
        var remembered = _file.Read();
        var wait = RetryMin;
        for (var isTold = false; ; wait = TimeSpan.FromTicks(Math.Min(2 * wait.Ticks, RetryMax.Ticks)))
        {
            try
            {
                var group = await client.Members.ListAsync(stop);
                Note(group);
                return group.ClusterId;
            }
            catch (ConcordException error)
            {
                if (remembered is not null && error.IsTransient)
                {
                    _seeds = remembered.Addresses;
                    return remembered.ClusterId;
                }

                if (!isTold)
                {
                    log.NoGroup(error.Message);
                    isTold = true;
                }
            }

            await Task.Delay(wait, time, stop);
        }
    }

    /// <summary>The servers that live, as they say; asked again while none of those known is heard.</summary>
    private async Task<IReadOnlyList<GossipAddress>> SeedsAsync(CancellationToken stop)
    {
        var heard = _member!.Members.Any(static one => one.Status == MemberStatus.Alive && MemberMetadata.Decode(one.Info.Metadata.Span).Role == MemberMetadata.Server);
        if (heard)
        {
            // Whoever hears one server hears of all.
            return [];
        }

        if (time.GetElapsedTime(_asked) >= AskInterval)
        {
            _asked = time.GetTimestamp();
            try
            {
                Note(await client.Members.ListAsync(stop));
            }
            catch (ConcordException)
            {
                // Away; what was known must do.
            }
        }

        return _seeds;
    }

    private void Note(GossipGroup group)
    {
        List<GossipAddress> servers = [];
        foreach (var member in group.Members)
        {
            if (member is { Role: MemberMetadata.Server, Status: GossipStatus.Alive or GossipStatus.Suspect }
                && IPEndPoint.TryParse(member.Address, out var endPoint) && Addresses.From(endPoint.Address, endPoint.Port) is { } address)
            {
                servers.Add(address);
            }
        }

        _seeds = servers;
        _file.Write(new(group.ClusterId, servers));
    }
}
