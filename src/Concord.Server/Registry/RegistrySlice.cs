using Concord.Checks;
using Concord.Server.Cluster;
using Concord.Server.Registry.Checks;
using Concord.Server.Registry.Expiry;
using Concord.Server.Registry.Push;
using Concord.Server.Registry.Rest;
using Concord.Server.Registry.Rpc;
using Concord.Server.Replica;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Concord.Server.Registry;

/// <summary>The service registry as the host composes it. Needs gRPC and the replica to be registered, and the REST face of the configurations, which it shares.</summary>
public static class RegistrySlice
{
    public static IServiceCollection AddRegistry(this IServiceCollection services, ServerOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => RegistryStore.Of(provider.GetRequiredService<LocalReplica>()));
        services.AddSingleton(new ExpiryRules(options.RegistryExpiryShare));
        services.AddSingleton<RegistryAccess>();
        services.AddSingleton<RegistryHub>();
        services.AddSingleton<RegistryMetrics>();
        services.AddSingleton<RegistrySignals>();
        services.AddHostedService<RegistryFollower>();
        services.AddHostedService<ExpirySweeper>();
        services.AddSingleton(new CheckTargets(options.CheckPrivateTargets, options.CheckRedirectHosts));
        services.AddSingleton<HealthProbes>();
        services.AddSingleton<CheckBoard>();
        services.AddHostedService<CheckRunner>();
        services.AddSingleton<RegistryErrorInterceptor>();
        services.AddGrpc().AddServiceOptions<RegistryService>(static grpc => grpc.Interceptors.Add<RegistryErrorInterceptor>());
        services.AddSingleton<RegistryService>();
        services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, RegistryRestJson.Default));
        return services;
    }

    public static WebApplication MapRegistry(this WebApplication app)
    {
        app.MapGrpcService<RegistryService>();
        app.MapRegistryRest();
        return app;
    }
}
