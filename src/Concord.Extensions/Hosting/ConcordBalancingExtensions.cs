using Concord.Client;
using Concord.Client.Balancing.Following;
using Concord.Extensions.Balancing;
using Concord.Extensions.Balancing.Discovery;
using Concord.Extensions.Balancing.Grpc;
using Concord.Extensions.Balancing.Http;
using Concord.Extensions.Following;
using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

// The namespace of what is extended, where people look for it.
namespace Microsoft.Extensions.DependencyInjection;

public static class ConcordBalancingExtensions
{
    /// <summary>
    /// What calls to other services need: a <see cref="ServiceDirectory"/> that follows those that are called, and the rules that operators publish
    /// for them (<see cref="ConcordBalancingOptions.FollowRouting"/>). It needs a client:
    /// <c>builder.AddConcord()</c> or <c>services.AddConcordClient(…)</c>. May be called several times; every configuration counts.
    /// </summary>
    public static IServiceCollection AddConcordBalancing(this IServiceCollection services, Action<ConcordBalancingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        if (configure is not null)
            services.Configure(configure);
        services.TryAddSingleton(provider => new ServiceDirectory(
            provider.GetService<ConcordClient>()
                ?? throw new InvalidOperationException("Load balancing needs a client: call builder.AddConcord() or services.AddConcordClient(...)."),
            provider.GetRequiredService<IOptions<ConcordBalancingOptions>>().Value.ToDirectoryOptions(PlaceOf(provider))));
        return services;
    }

    /// <summary>
    /// Calls of this client to <c>http://orders/…</c> go to instances of the service "orders". Each attempt chooses anew, so a retry goes to another
    /// instance, and retries and hedges are bounded by the pool's retry budget. Where it stands among other handlers does not matter: with
    /// <c>AddStandardResilienceHandler</c> or <c>AddStandardHedgingHandler</c>, before or after, it is around them and inside of them.
    /// </summary>
    /// <remarks>Addresses that name no service (IP addresses, localhost) go where they say.</remarks>
    public static IHttpClientBuilder AddConcordBalancing(this IHttpClientBuilder builder, Action<ConcordHttpBalancingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new ConcordHttpBalancingOptions();
        configure?.Invoke(options);
        builder.Services.AddConcordBalancing();
        // After everybody else has added theirs: the call has to be outside of all retries, the attempt inside of them.
        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, factory => factory.HttpMessageHandlerBuilderActions.Add(handlers =>
        {
            var directory = handlers.Services.GetRequiredService<ServiceDirectory>();
            handlers.AdditionalHandlers.Insert(0, new CallHandler());
            handlers.AdditionalHandlers.Add(new AttemptHandler(directory, options));
        }));
        return builder;
    }

    /// <summary>
    /// Makes the instances that Concord knows known to Microsoft's service discovery (<c>AddServiceDiscovery</c>), for what is built on it. That one goes
    /// round in turn and does not tell how calls ended: weights, latencies, ejections and retry budgets need
    /// <see cref="AddConcordBalancing(IHttpClientBuilder, Action{ConcordHttpBalancingOptions}?)"/>.
    /// </summary>
    public static IServiceCollection AddConcordServiceEndpointProvider(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddConcordBalancing();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceEndpointProviderFactory, ConcordEndpointProviderFactory>());
        return services;
    }

    /// <summary>
    /// gRPC channels to <c>concord:///orders</c> call instances of the service "orders". A channel needs these services:
    /// <c>GrpcChannel.ForAddress("concord:///orders", new() { ServiceProvider = services, Credentials = ChannelCredentials.Insecure })</c>; clients of
    /// <c>AddGrpcClient</c> have them. The programming interface of grpc-dotnet behind this is marked as experimental.
    /// </summary>
    public static IServiceCollection AddConcordGrpcBalancing(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddConcordBalancing();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ResolverFactory, ConcordResolverFactory>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<LoadBalancerFactory, ConcordBalancerFactory>());
        return services;
    }

    private static ConfiguredPlace PlaceOf(IServiceProvider provider)
    {
        if (provider.GetService<ConfiguredPlace>() is { } known)
            return known;
        var configuration = provider.GetService<IConfiguration>();
        return new(SettingsResolver.EnvironmentOf(configuration, provider.GetService<IHostEnvironment>()?.EnvironmentName), SettingsResolver.LabelsOf(configuration, []));
    }
}
