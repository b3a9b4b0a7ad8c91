using Concord.Server.Registry.Expiry;

namespace Concord.Server.Members;

/// <summary>Who is there, as the host composes it. Needs gRPC, the options and the replica to be registered; before the registry, which asks it.</summary>
internal static class GossipSlice
{
    /// <param name="binding">Null: this server does not gossip, and its service says so.</param>
    public static IServiceCollection AddGossip(this IServiceCollection services, GossipBinding? binding)
    {
        services.AddSingleton<GossipService>();
        if (binding is not null)
        {
            services.AddSingleton(binding);
            services.AddSingleton<ServerGossip>();
            services.AddHostedService(static provider => provider.GetRequiredService<ServerGossip>());
            services.AddSingleton(static provider => new HostWatch(provider.GetRequiredService<ServerGossip>().Hosts));
        }

        return services;
    }

    public static WebApplication MapGossip(this WebApplication app)
    {
        app.MapGrpcService<GossipService>();
        return app;
    }
}
