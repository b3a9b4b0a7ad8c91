using System.Diagnostics.CodeAnalysis;
using Concord.Client;
using Concord.Extensions.Leading;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// The namespace of what is extended, where people look for it.
namespace Microsoft.Extensions.DependencyInjection;

public static class ConcordLeaderExtensions
{
    /// <summary>
    /// Adds a <see cref="ConcordClient"/> for these servers, unless there is one: <c>builder.AddConcord()</c> adds that of the configuration.
    /// </summary>
    /// <exception cref="FormatException">An address cannot be read.</exception>
    public static IServiceCollection AddConcordClient(this IServiceCollection services, string endpoints)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(endpoints);
        return services.AddConcordClient(new ConcordClientOptions { Endpoints = ConcordEndpoints.Parse(endpoints) });
    }

    /// <summary>Adds a <see cref="ConcordClient"/>, unless there is one. It logs where the host does.</summary>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    public static IServiceCollection AddConcordClient(this IServiceCollection services, ConcordClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        services.TryAddSingleton(provider => new ConcordClient(options with { LoggerFactory = provider.GetRequiredService<ILoggerFactory>() }));
        return services;
    }

    /// <summary>
    /// Runs a hosted service on exactly one of all instances that add it under the same name. Whoever is elected creates and starts it; when
    /// the leadership is lost it is stopped, before another instance can lead, and the instance stands again. Each
    /// term has a new instance of the service, which may ask for its <see cref="LeaderTerm"/>.
    /// </summary>
    /// <remarks>
    /// An instance that is frozen for longer than the time to live cannot stop in time: writes that must not happen twice carry
    /// <see cref="LeaderTerm.FencingToken"/>.
    /// </remarks>
    /// <param name="name">Of the election; <c>concord elect</c> and <c>etcdctl elect</c> take part under the same name.</param>
    public static IServiceCollection AddLeaderElected<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService>(
        this IServiceCollection services, string name, LeaderElectedOptions? options = null)
        where TService : class, IHostedService
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        options ??= new();
        if (options.Ttl <= TimeSpan.Zero)
            throw new ArgumentException($"Ttl is {options.Ttl}: set a positive time.", nameof(options));
        services.TryAddScoped<LeaderTerm>();
        services.AddSingleton<IHostedService>(provider => new LeaderElectedService<TService>(
            provider.GetRequiredService<IServiceScopeFactory>(),
            provider.GetService<ConcordClient>()
                ?? throw new InvalidOperationException($"{typeof(TService).Name} is leader-elected, which needs a client: call builder.AddConcord() or services.AddConcordClient(...)."),
            name,
            options,
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Concord.Leading")));
        return services;
    }
}
