using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Concord.Server.Etcd;

/// <summary>etcd's v3 API on the client port.</summary>
public static class EtcdEndpoints
{
    public static IServiceCollection AddEtcdApi(this IServiceCollection services)
    {
        services.AddGrpc();
        services.AddSingleton<IConfigureOptions<Grpc.AspNetCore.Server.GrpcServiceOptions>, MessageLimits>();
        services.AddGrpcReflection();
        services.AddOptions<EtcdOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<EtcdStore>();
        services.AddSingleton<LeaderMonitor>();
        services.AddHostedService(provider => provider.GetRequiredService<LeaderMonitor>());

        // One instance each: a call makes no service object and no scope for it.
        services.AddSingleton<KvService>();
        services.AddSingleton<WatchService>();
        services.AddSingleton<LeaseService>();
        services.AddSingleton<ClusterService>();
        services.AddSingleton<MaintenanceService>();
        services.AddSingleton<LockService>();
        services.AddSingleton<ElectionService>();
        return services;
    }

    /// <summary>Services and methods that are not here are answered "unimplemented" by gRPC itself.</summary>
    public static WebApplication MapEtcdApi(this WebApplication app)
    {
        app.MapGrpcService<KvService>();
        app.MapGrpcService<WatchService>();
        app.MapGrpcService<LeaseService>();
        app.MapGrpcService<ClusterService>();
        app.MapGrpcService<MaintenanceService>();
        app.MapGrpcService<LockService>();
        app.MapGrpcService<ElectionService>();
        app.MapGrpcReflectionService();
        return app;
    }

    /// <summary>A frame above the request limit and its framing is refused before it is read.</summary>
    private sealed class MessageLimits(IOptions<EtcdOptions> options) : IConfigureOptions<Grpc.AspNetCore.Server.GrpcServiceOptions>
    {
        public void Configure(Grpc.AspNetCore.Server.GrpcServiceOptions grpc)
        {
            grpc.MaxReceiveMessageSize = options.Value.RequestBytesMax + EtcdOptions.FramingBytesMax;
            // Answers may be as large as a range is.
            grpc.MaxSendMessageSize = null;
        }
    }
}
