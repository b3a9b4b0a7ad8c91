using System.Net;
using Concord.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Cli;

/// <summary>A server whose answers the test writes: real sockets and real gRPC, so that errors travel as they do in life.</summary>
public sealed class FakeConcord : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeConcord(WebApplication app) => _app = app;

    internal FakeConfigs Configs => _app.Services.GetRequiredService<FakeConfigs>();

    internal FakeKv Kv => _app.Services.GetRequiredService<FakeKv>();

    internal FakeWatch Watch => _app.Services.GetRequiredService<FakeWatch>();

    internal FakeLeases Leases => _app.Services.GetRequiredService<FakeLeases>();

    internal FakeMaintenance Maintenance => _app.Services.GetRequiredService<FakeMaintenance>();

    internal FakeCluster Cluster => _app.Services.GetRequiredService<FakeCluster>();

    internal FakeAdministration Administration => _app.Services.GetRequiredService<FakeAdministration>();

    internal FakeGossip Gossip => _app.Services.GetRequiredService<FakeGossip>();

    public string Endpoint => _app.Urls.Single();

    public static async Task<FakeConcord> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<FakeConfigs>().AddSingleton<FakeKv>().AddSingleton<FakeWatch>().AddSingleton<FakeLeases>()
            .AddSingleton<FakeMaintenance>().AddSingleton<FakeCluster>().AddSingleton<FakeAdministration>().AddSingleton<FakeGossip>().AddSingleton<FakeRegistryService>();
        var app = builder.Build();
        app.MapGrpcService<FakeConfigs>();
        app.MapGrpcService<FakeKv>();
        app.MapGrpcService<FakeWatch>();
        app.MapGrpcService<FakeLeases>();
        app.MapGrpcService<FakeMaintenance>();
        app.MapGrpcService<FakeCluster>();
        app.MapGrpcService<FakeAdministration>();
        app.MapGrpcService<FakeGossip>();
        app.MapGrpcService<FakeRegistryService>();
        await app.StartAsync();
        return new(app);
    }

    /// <summary>A refusal as the server sends it: a status, and the details in a trailer.</summary>
    internal static RpcException Refusal(StatusCode status, ErrorDetail detail) => new(
        new Status(status, detail.Message),
        new Metadata { new Metadata.Entry("concord-error-bin", detail.ToByteArray()) });

    public async ValueTask DisposeAsync()
    {
        Watch.EndAll();
        Leases.EndAll();
        Configs.EndAll();
        await _app.DisposeAsync();
    }
}
