using Concord.Server.Etcd.Compaction;

namespace Concord.Server.Etcd;

/// <summary>etcd's v3 API on the client port.</summary>
public static class EtcdEndpoints
{
    /// <summary>Needs gRPC, the server's options and its replica.</summary>
    public static IServiceCollection AddEtcdApi(this IServiceCollection services)
    {
        services.AddSingleton<EtcdLimits>();
        services.AddSingleton<EtcdStore>();
        services.AddSingleton<Downgrades>();
        services.AddHostedService<AutoCompactor>();
        services.AddSingleton<LeaderMonitor>();
        services.AddHostedService(provider => provider.GetRequiredService<LeaderMonitor>());

        // One instance each: a call makes no service object and no scope for it.
        services.AddSingleton<KvService>();
        services.AddSingleton<KvCalls>();
        services.AddSingleton<LeanKv>();
        services.AddSingleton<HotKv>();
        services.AddSingleton<WatchService>();
        services.AddSingleton<LeaseService>();
        services.AddSingleton<ClusterService>();
        services.AddSingleton<MaintenanceService>();
        services.AddSingleton<AuthService>();
        services.AddSingleton<LockService>();
        services.AddSingleton<ElectionService>();
        return services;
    }

    /// <summary>Services and methods that are not here are answered "unimplemented" by gRPC itself.</summary>
    public static WebApplication MapEtcdApi(this WebApplication app)
    {
        app.MapGrpcService<KvService>().Add(app.Services.GetRequiredService<LeanKv>().Replace);
        app.MapGrpcService<WatchService>();
        app.MapGrpcService<LeaseService>();
        app.MapGrpcService<ClusterService>();
        app.MapGrpcService<MaintenanceService>();
        app.MapGrpcService<AuthService>();
        app.MapGrpcService<LockService>();
        app.MapGrpcService<ElectionService>();
        return app;
    }
}
