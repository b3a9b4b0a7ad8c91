using Concord.Node;
using Concord.Server.Cluster;
using Concord.Server.Hosting.InProcess;
using Concord.Server.Members;
using Concord.Server.Peers;
using Concord.Server.Replica;
using Concord.Server.Telemetry;
using Concord.Server.Tls;
using Concord.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Concord.Server.Hosting;

/// <summary>
/// A whole server in this process: the replica and everything that is served from it. The program runs one; tests start as
/// many as they like, on port 0 (<c>http://127.0.0.1:0</c>) with directories of their own.
/// </summary>
public sealed class ConcordServer : IAsyncDisposable
{
    /// <summary>How long open calls may finish when the server stops. Watches are ended at once.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    private const int TicksPerHeartbeatMax = 5;

    /// <summary>Timers are no finer than a few milliseconds.</summary>
    private static readonly TimeSpan FineTick = TimeSpan.FromMilliseconds(20);

    private readonly WebApplication _app;
    private readonly string? _temporaryDirectory;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _announced;

    /// <summary>Where the data is; a temporary directory unless the options named one.</summary>
    public string DataDirectory => _temporaryDirectory ?? Options.DataDir;

    private ConcordServer(WebApplication app, ServerOptions options, LocalReplica replica, string? temporaryDirectory)
    {
        _app = app;
        _temporaryDirectory = temporaryDirectory;
        Options = options;
        Replica = replica;
        Uri[] bound = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(url => new Uri(url))
            .Where(url => url != InProcessEndPoint.Address)];

        // In the order in which they were asked for.
        ClientUrls = bound[..^options.ListenMetricsUrls.Count];
        MetricsUrls = bound[^options.ListenMetricsUrls.Count..];
        var advertised = options.AdvertiseClientUrls.Count > 0 ? options.AdvertiseClientUrls : ClientUrls;
        string[] urls = [.. advertised.Select(url => url.GetLeftPart(UriPartial.Authority))];
        var told = app.Services.GetService<ServerGossip>()?.AnnounceAsync(urls) ?? Task.CompletedTask;
        _announced = Task.WhenAll(told, replica.AnnounceAsync(urls, _stopping.Token));
    }

    public ServerOptions Options { get; }

    public LocalReplica Replica { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The addresses that are bound, with real port numbers.</summary>
    public IReadOnlyList<Uri> ClientUrls { get; }

    /// <summary>Those that serve metrics and health alone.</summary>
    public IReadOnlyList<Uri> MetricsUrls { get; }

    /// <summary>Recovers the data, binds the addresses and serves.</summary>
    /// <param name="logging">Where messages go; by default to the console as the options say. Not disposed.</param>
    /// <exception cref="IOException">An address cannot be bound.</exception>
    /// <exception cref="TlsFilesException">A certificate or key cannot be used.</exception>
    /// <exception cref="GossipPortException">The gossip port cannot be bound.</exception>
    /// <exception cref="StorageDamagedException">See <see cref="LocalReplica.StartAsync"/>, which lists the others too.</exception>
    public static async Task<ConcordServer> StartAsync(
        ServerOptions options, ILoggerFactory? logging = null, CancellationToken cancellation = default)
    {
        var temporary = options.DataDir.Length == 0 ? Directory.CreateTempSubdirectory("concord-").FullName : null;
        var ownsLogging = logging is null;
        logging ??= ServerLogging.Create(options);
        LocalReplica? replica = null;
        var telemetry = new ServerTelemetry();
        GossipBinding? gossip = null;
        try
        {
            gossip = GossipBinding.Of(options);
            var located = options with { DataDir = temporary ?? options.DataDir };
            var clientTls = ServerTls.ForClients(located, logging);
            var peerTls = ServerTls.ForPeers(located, logging);

            // The data is loaded while the web host is put together: both take some hundred milliseconds.
            var loading = StartReplicaAsync(located, peerTls, gossip, telemetry, logging, cancellation);
            var builder = CreateBuilder(options, clientTls, telemetry, logging, ownsLogging);
            Slices.Add(builder.Services, options, gossip, telemetry);
            builder.Services.AddSingleton(_ => loading.GetAwaiter().GetResult());
            var app = builder.Build();
            Slices.Map(app);
            replica = await loading;
            app.MapTelemetry();
            app.Lifetime.ApplicationStopping.Register(replica.Watches.Close);
            app.Lifetime.ApplicationStopping.Register(replica.BeginHandOver);
            await app.StartAsync(cancellation);
            return new(app, options, replica, temporary);
        }
        catch
        {
            if (replica is not null)
            {
                await replica.DisposeAsync();
            }

            gossip?.Port.Dispose();
            telemetry.Dispose();
            DeleteTemporary(temporary);
            throw;
        }
    }

    /// <summary>Completes when the process is asked to stop or the replica cannot go on; tells the exit code.</summary>
    public async Task<int> WaitForStopAsync(CancellationToken cancellation = default)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stopping = _app.Lifetime.ApplicationStopping.Register(asked.SetResult);
        using var canceled = cancellation.Register(() => asked.TrySetResult());
        var first = await Task.WhenAny(asked.Task, Replica.Failure);
        if (first == asked.Task)
        {
            return ExitCode.Stopped;
        }

        return await Replica.Failure switch
        {
            StorageFailedException or DiskException => ExitCode.DiskFailed,
            UnknownEntryException => ExitCode.Data,
            StateDivergedException => ExitCode.Diverged,
            MemberRemovedException => ExitCode.Removed,
            _ => ExitCode.Bug,
        };
    }

    /// <summary>Stops taking calls, lets open ones finish for a short while, makes everything durable.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.StopAsync();
        await Replica.DisposeAsync();
        await Task.WhenAny(_announced);
        _stopping.Dispose();
        var telemetry = _app.Services.GetRequiredService<ServerTelemetry>();
        await _app.DisposeAsync();
        telemetry.Dispose();
        DeleteTemporary(_temporaryDirectory);
    }

    private static async Task<LocalReplica> StartReplicaAsync(
        ServerOptions options, TlsPort? tls, GossipBinding? gossip, ServerTelemetry telemetry, ILoggerFactory logging, CancellationToken cancellation)
    {
        var disk = new FileDisk(options.DataDir);
        PeerOptions Peers(MemberIdentity identity) => new()
        {
            Identity = identity,
            AdvertiseUrls = [.. options.InitialAdvertisePeerUrls.Select(FlagValue.Show)],
            ListenUrls = options.ListenPeerUrls,
            ListensAlone = options.HasPeerPort,
            GossipAddress = gossip?.Address.ToString() ?? "",
            Tls = tls is null ? null : new(tls),
        };

        // With others, time is counted in parts of a heartbeat: members that stand for election after a death draw their delays
        // from more numbers and collide less. Alone, it is not worth waking up for.
        var ticksPerHeartbeat = options.HasPeerPort ? (int)Math.Clamp(options.HeartbeatInterval / FineTick, 1, TicksPerHeartbeatMax) : 1;
        var tick = options.HeartbeatInterval / ticksPerHeartbeat;

        // Asking the others who they are blocks.
        var founding = await Task.Run(() => MemberFounding.Decide(disk, options, Peers, cancellation), cancellation);
        var replica = new ReplicaOptions
        {
            Metrics = telemetry.Replica,
            Identity = founding.Identity,
            FirstMembership = founding.First,
            EmptyLogProblem = founding.Problem,
            ForceNewCluster = options.ForceNewCluster,
            Peers = Peers(founding.Identity),
            TickInterval = tick,
            HeartbeatTicks = ticksPerHeartbeat,
            ElectionTicks = (int)Math.Ceiling(options.ElectionTimeout / tick),
            QuickElectionTicks = Math.Max(3, 2 * ticksPerHeartbeat),
            SnapshotEntries = options.SnapshotCount,
            CatchUpEntries = options.SnapshotCatchUpEntries,
            QuotaBytes = options.QuotaBackendBytes,
            RequestBytesMax = options.MaxRequestBytes,
            RequestTimeout = TimeSpan.FromSeconds(5) + 2 * options.ElectionTimeout,
            WatchProgressInterval = options.WatchProgressNotifyInterval,
        };
        return await LocalReplica.StartAsync(replica, disk, logging.CreateLogger<LocalReplica>(), cancellation);
    }

    private static WebApplicationBuilder CreateBuilder(
        ServerOptions options, TlsPort? tls, ServerTelemetry telemetry, ILoggerFactory logging, bool ownsLogging)
    {
        // No settings from ASPNETCORE_ variables or files that happen to lie about: the flags are the settings.
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory, ApplicationName = "concord-server" });
        builder.Services.AddRoutingCore();
        if (ownsLogging)
        {
            builder.Services.AddSingleton<ILoggerFactory>(_ => logging);
        }
        else
        {
            builder.Services.AddSingleton(logging);
        }

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options, tls, telemetry));

        // After the sockets, which Kestrel adds only if it finds nothing else to listen with.
        builder.Services.AddSingleton<InProcessListener>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => services.GetRequiredService<InProcessListener>());
        return builder;
    }

    private static void Configure(KestrelServerOptions kestrel, ServerOptions options, TlsPort? tls, ServerTelemetry telemetry)
    {
        kestrel.AddServerHeader = false;

        // A client behind clear text says "http", though the connection looks as if it had been through TLS (ClientPort).
        kestrel.AllowAlternateSchemes = true;

        // One client process keeps many watches open on one connection; a stream is cheap and a limit would be a hang.
        kestrel.Limits.Http2.MaxStreamsPerConnection = options.MaxConcurrentStreams;
        kestrel.Limits.Http2.KeepAlivePingDelay = options.GrpcKeepaliveInterval;
        kestrel.Limits.Http2.KeepAlivePingTimeout = options.GrpcKeepaliveTimeout;
        kestrel.ConfigureEndpointDefaults(listen => listen.Use(telemetry.Traffic.Count));
        foreach (var url in options.ListenClientUrls)
        {
            ClientPort.Listen(kestrel, url, tls);
        }

        foreach (var url in options.ListenMetricsUrls)
        {
            OperatorPort.Listen(kestrel, url);
        }

        kestrel.Listen(InProcessEndPoint.Instance, listen => listen.Protocols = HttpProtocols.Http2);
    }

    private static void DeleteTemporary(string? directory)
    {
        if (directory is not null)
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
