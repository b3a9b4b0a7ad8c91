using Concord.Client;
using Concord.Extensions.AspNetCore;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

// The namespace of what is extended, where people look for it.
namespace Microsoft.Extensions.Hosting;

public static class ConcordRegistrationExtensions
{
    /// <summary>
    /// Registers this application in Concord's registry for as long as it runs: once its server listens, under the addresses that it is bound to, with the state
    /// that its health checks give it. When the host stops it is draining first, then deregistered, and only then does the server stop. Connections to the
    /// registry that break are taken up again.
    /// </summary>
    /// <remarks>Uses the client that <c>builder.AddConcord()</c> or <c>AddConcordClient</c> has added; without either, one for the same
    /// servers as <c>AddConcord()</c> would take.</remarks>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    public static TBuilder AddConcordRegistration<TBuilder>(this TBuilder builder, Action<ConcordRegistrationOptions>? configure = null)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new ConcordRegistrationOptions();
        configure?.Invoke(options);
        if (RegistrationSettings.Resolve(options, builder.Configuration, builder.Environment.ApplicationName) is not { } settings)
            return builder;
        if (builder.Services.All(service => service.ServiceType != typeof(ConcordClient)))
            builder.AddConcordClient();
        builder.Services.AddHealthChecks();
        builder.Services.AddHostedService(provider => new RegistrationService(
            provider.GetRequiredService<ConcordClient>(),
            settings,
            provider.GetService<IServer>(),
            provider.GetRequiredService<HealthCheckService>(),
            provider.GetRequiredService<IOptions<HostOptions>>().Value,
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Concord.Registration")));
        return builder;
    }
}
