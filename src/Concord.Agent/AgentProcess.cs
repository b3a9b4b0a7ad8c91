using System.Net;
using System.Runtime.InteropServices;
using Concord.Agent.Cache;
using Concord.Agent.Checks;
using Concord.Agent.Faces;
using Concord.Agent.Gossip;
using Concord.Client;
using Concord.Members.Wire;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Concord.Agent;

/// <summary>A whole agent in this process. The program runs one; tests start as many as they like.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    /// <summary>How long open calls may finish when it stops.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    private const int Fault = 5;

    private readonly WebApplication _app;

    private AgentProcess(WebApplication app)
    {
        _app = app;
        var bound = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Address = new(IPAddress.Parse(bound.DnsSafeHost), bound.Port);
    }

    /// <summary>Where processes find it, with the real port.</summary>
    public IPEndPoint Address { get; }

    public IServiceProvider Services => _app.Services;

    /// <exception cref="AgentStartException">An address cannot be bound.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public static async Task<AgentProcess> StartAsync(AgentOptions options, ILoggerFactory logging, CancellationToken cancellation)
    {
        var port = BindGossip(options);
        try
        {
            var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory, ApplicationName = "concord-agent" });
            var services = builder.Services;
            services.AddRoutingCore();
            services.AddSingleton(logging);
            services.AddSingleton(options);
            services.AddSingleton(TimeProvider.System);
            services.Configure<HostOptions>(static host => host.ShutdownTimeout = ShutdownTimeout);
            services.Configure<ConsoleLifetimeOptions>(static console => console.SuppressStatusMessages = true);
            services.AddSingleton(provider => new AgentLog(provider.GetRequiredService<ILoggerFactory>().CreateLogger("Concord.Agent")));
            services.AddSingleton(_ => new ConcordClient(new ConcordClientOptions
            {
                Endpoints = options.Endpoints,
                Credentials = options.Credentials,
                Tls = options.Tls,
                LoggerFactory = logging,
            }));
            services.AddSingleton<Upstream>();
            services.AddSingleton<AnswerStore>();
            services.AddSingleton<SharedWatches>();
            services.AddSingleton<SeenRegistrations>();
            services.AddSingleton<RegistryFace>();
            services.AddSingleton<ConfigsFace>();
            services.AddSingleton(port);
            services.AddSingleton<AgentGossip>();
            services.AddHostedService(static provider => provider.GetRequiredService<AgentGossip>());
            services.AddHostedService<HostChecks>();
            services.AddGrpc(static grpc =>
            {
                grpc.MaxReceiveMessageSize = null;
                grpc.MaxSendMessageSize = null;
            });
            services.AddGrpcHealthChecks().AddCheck("", static () => Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Healthy());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.Http2.MaxStreamsPerConnection = int.MaxValue;
                kestrel.Listen(options.Listen, static listen => listen.Protocols = HttpProtocols.Http2);
            });
            var app = builder.Build();

            // Makes the directory that others write to as well, and fails early if it cannot.
            _ = app.Services.GetRequiredService<AnswerStore>();
            app.MapGrpcService<RegistryFace>();
            app.MapGrpcService<ConfigsFace>();
            app.MapGrpcHealthChecksService();
            await app.StartAsync(cancellation);
            return new(app);
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    public static async Task<int> RunAsync(AgentOptions options, CancellationToken cancellation)
    {
        using var logging = LoggerFactory.Create(builder => builder.SetMinimumLevel(options.LogLevel).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddSimpleConsole(static console => console.SingleLine = true));
        await using var agent = await StartAsync(options, logging, cancellation);
        var log = agent.Services.GetRequiredService<AgentLog>();
        log.Serving(agent.Address);
        var asked = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var canceled = cancellation.Register(() => asked.TrySetResult(0));

        // A part of it has failed; the host has said why.
        using var failed = agent.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => asked.TrySetResult(Fault));
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var exitCode = await asked.Task;
        log.Stopping();
        return exitCode;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            asked.TrySetResult(0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static GossipPort BindGossip(AgentOptions options)
    {
        try
        {
            return GossipPort.Bind(options.GossipListen);
        }
        catch (System.Net.Sockets.SocketException error)
        {
            throw new AgentStartException($"--gossip-listen: {options.GossipListen}: {error.Message}. Stop the other program or choose another port, which must be free for UDP and TCP.");
        }
    }
}
