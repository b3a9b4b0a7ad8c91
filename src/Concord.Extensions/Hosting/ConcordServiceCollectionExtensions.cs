using Concord.Extensions;
using Concord.Extensions.Live;
using Concord.Extensions.Status;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

// The namespace of what is extended, where people look for it.
namespace Microsoft.Extensions.DependencyInjection;

public static class ConcordServiceCollectionExtensions
{
    /// <summary>
    /// What a service needs beside the configuration source: options that keep their last good value and fire only for
    /// changes that concern them, the report of applied and rejected releases, <see cref="ConcordStatus"/>.
    /// <c>builder.AddConcord()</c> calls this.
    /// </summary>
    public static IServiceCollection AddConcord(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ServiceType == typeof(OptionsJudge)))
            return services;
        services.AddOptions();
        services.AddSingleton<OptionsJudge>();
        services.AddSingleton(provider => new ConcordStatus(provider.GetRequiredService<OptionsJudge>()));
        services.AddHostedService<ConfirmationService>();
        services.Replace(ServiceDescriptor.Transient(typeof(IOptionsFactory<>), typeof(LiveOptionsFactory<>)));
        services.Replace(ServiceDescriptor.Singleton(typeof(IOptionsMonitor<>), typeof(LiveOptionsMonitor<>)));
        return services;
    }

    /// <summary>
    /// Says whether the service is connected and runs the newest release. By default a service that is cut off or has
    /// rejected a release is Degraded, not Unhealthy: it works with what it has.
    /// </summary>
    public static IHealthChecksBuilder AddConcord(
        this IHealthChecksBuilder builder,
        string name = "concord",
        HealthStatus failureStatus = HealthStatus.Degraded,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddConcord();
        return builder.Add(new HealthCheckRegistration(
            name, provider => new ConcordHealthCheck(provider.GetRequiredService<ConcordStatus>()), failureStatus, tags));
    }
}
