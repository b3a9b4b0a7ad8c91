using Concord.Server.Configs.Push;
using Concord.Server.Configs.Rest;
using Concord.Server.Configs.Rpc;
using Concord.Server.Replica;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Concord.Server.Configs;

/// <summary>The configuration centre as the host composes it. Needs gRPC and the replica to be registered.</summary>
public static class ConfigsSlice
{
    public static IServiceCollection AddConfigs(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => ConfigStore.Of(provider.GetRequiredService<LocalReplica>()));
        services.AddSingleton<ConfigAccess>();
        services.AddSingleton<ConfigHub>();
        services.AddHostedService<ConfigFollower>();
        services.AddSingleton<ConfigErrorInterceptor>();
        services.AddGrpc().AddServiceOptions<ConfigsService>(static options => options.Interceptors.Add<ConfigErrorInterceptor>());
        services.AddSingleton<ConfigsService>();
        return services.AddConfigsRest();
    }

    public static WebApplication MapConfigs(this WebApplication app)
    {
        app.MapGrpcService<ConfigsService>();
        app.MapConfigsRest();
        return app;
    }
}
