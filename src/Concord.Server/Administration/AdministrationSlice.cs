namespace Concord.Server.Administration;

/// <summary>What operators ask the cluster for. Needs gRPC, the options and the replica to be registered.</summary>
public static class AdministrationSlice
{
    public static IServiceCollection AddAdministration(this IServiceCollection services)
    {
        services.AddSingleton<MemberEditor>();
        services.AddSingleton<AdministrationService>();
        return services;
    }

    public static WebApplication MapAdministration(this WebApplication app)
    {
        app.MapGrpcService<AdministrationService>();
        return app;
    }
}
