using Concord.Server.Administration;
using Concord.Server.Auth;
using Concord.Server.Cluster;
using Concord.Server.Configs;
using Concord.Server.Etcd;
using Concord.Server.Gateway;
using Concord.Server.Hosting.Grpc;
using Concord.Server.Members;
using Concord.Server.Registry;
using Concord.Server.Telemetry;
using Grpc.AspNetCore.Server.Model;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Concord.Server.Hosting;

/// <summary>What the server is composed of. Each slice registers and maps itself; here is the list.</summary>
internal static class Slices
{
    public static void Add(IServiceCollection services, ServerOptions options, GossipBinding? gossip, ServerTelemetry telemetry)
    {
        services.AddSingleton(options);
        services.AddGrpc(grpc =>
        {
            // Framing and the other fields of a request come on top of what it writes.
            grpc.MaxReceiveMessageSize = options.MaxRequestBytes + (512 << 10);
            grpc.MaxSendMessageSize = null;
        });
        services.AddGrpcReflection();
        services.AddAuth(options);
        services.AddAdministration();
        services.AddEtcdApi();
        services.AddGateway();
        services.AddConfigs();
        services.AddGossip(gossip);
        services.AddRegistry(options);
        services.AddTelemetry(telemetry, options);
        services.AddGrpcHealthChecks().AddCheck<ReplicaHealthCheck>("");

        // Last, for each of those above may have added the framework's own again.
        services.RemoveAll(typeof(IServiceMethodProvider<>));
        services.AddSingleton(typeof(IServiceMethodProvider<>), typeof(BoundMethods<>));
    }

    public static void Map(WebApplication app)
    {
        app.Use(app.Services.GetRequiredService<HotKv>().Answer);
        app.UseRouting();
        app.UseAuthGate();
        app.MapGrpcReflectionService();
        app.MapGrpcHealthChecksService();
        app.MapAdministration();
        app.MapEtcdApi();
        app.MapGateway();
        app.MapConfigs();
        app.MapGossip();
        app.MapRegistry();
    }
}
