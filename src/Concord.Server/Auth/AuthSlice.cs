using Concord.Server.Cluster;
using Concord.Server.Replica;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Concord.Server.Auth;

/// <summary>Users, roles and tokens as the host composes them. Needs the options and the replica to be registered.</summary>
internal static class AuthSlice
{
    public static IServiceCollection AddAuth(this IServiceCollection services, ServerOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new PasswordDesk(options.BcryptCost, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => Issuer(options, provider.GetRequiredService<LocalReplica>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new CallerDesk(
            provider.GetRequiredService<LocalReplica>(), provider.GetRequiredService<TokenIssuer>(), provider.GetRequiredService<PasswordDesk>(), options.ClientTls.ClientCertAuth));
        services.AddSingleton<TokenKeyKeeper>();
        services.AddSingleton<AuthGate>();
        return services;
    }

    /// <summary>Comes before everything that answers requests.</summary>
    public static void UseAuthGate(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<AuthGate>();
        app.Use(next => http => gate.InvokeAsync(http, next));
    }

    private static TokenIssuer Issuer(ServerOptions options, LocalReplica replica, TimeProvider time)
    {
        var option = AuthTokenOption.Parse(options.AuthToken);
        return option.IsSimple ? new SignedTokens(replica.Status.ClusterId, options.AuthTokenTtl, time) : new JwtTokens(option, time);
    }
}
