using System.Net;
using System.Security.Cryptography.X509Certificates;
using Concord.Client;
using Concord.Client.Balancing.Following;
using Concord.Gateway.Backends;
using Concord.Gateway.Proxying;
using Concord.Gateway.Routes;
using Concord.Gateway.Telemetry;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace Concord.Gateway.Hosting;

/// <summary>Puts a gateway together.</summary>
internal static class GatewayHost
{
    /// <summary>A connection within a data centre comes about in milliseconds; a second lost packet is retried by the system after one second. The proxy's own
    /// 15 s would make every request to a machine that vanished wait that long.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <exception cref="ArgumentException">A setting cannot work.</exception>
    public static WebApplication Build(GatewaySettings settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "concord-gateway" });
        AddLogging(builder.Logging, settings.LogLevel);
        builder.Services.AddSingleton(settings);
        AddConcord(builder, settings);
        AddProxy(builder.Services);
        builder.Services.AddRequestTimeouts();
        builder.Services.AddSingleton<BackendsCheck>();
        builder.Services.AddHealthChecks().AddConcord().AddCheck<BackendsCheck>("backends");
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, settings));

        var app = builder.Build();
        app.Services.GetRequiredService<MetricsPage>();
        app.MapWhen(static context => context.Features.Get<AdminConnection>() is not null, AdminPages.Map);
        app.UseRouting();
        app.UseRequestTimeouts();
        app.MapReverseProxy(static proxy => proxy.UseMiddleware<BalancingMiddleware>());
        return app;
    }

    /// <summary>The addresses as they are bound: traffic first, the last one is for health and metrics.</summary>
    public static IReadOnlyList<Uri> AddressesOf(WebApplication app) =>
        [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))];

    private static void AddLogging(ILoggingBuilder logging, LogLevel level)
    {
        logging.SetMinimumLevel(level);
        if (level < LogLevel.Information)
            return;
        // The framework's word on every request, and a stack trace for every attempt, would hide the gateway's own.
        var quiet = level > LogLevel.Warning ? level : LogLevel.Warning;
        logging.AddFilter("Microsoft", quiet).AddFilter("Yarp", quiet).AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.Critical);
    }

    private static void AddConcord(WebApplicationBuilder builder, GatewaySettings settings)
    {
        builder.AddConcord(options =>
        {
            foreach (var endpoint in settings.Endpoints)
                options.Endpoints.Add(endpoint.ToString());
            options.Application = settings.Application;
            options.Environment = settings.Environment;
            foreach (var (label, value) in settings.Labels)
                options.Labels[label] = value;
            // A gateway waits for its routes rather than not to be there.
            options.Optional = true;
            options.Cache.Directory = settings.CacheDirectory;
            options.ConfigureClient = settings.ConfigureClient;
        });
        if (settings.Register.Length == 0)
            return;
        builder.AddConcordRegistration(options =>
        {
            options.Service = settings.Register;
            options.Zone = settings.Zone;
            options.Region = settings.Region;
            // Under the name that Prometheus' targets look for.
            options.MapEndpoints = static endpoints => [.. endpoints.SkipLast(1), endpoints[^1] with { Name = "metrics" }];
        });
    }

    private static void AddProxy(IServiceCollection services)
    {
        services.AddSingleton<IConfigureOptions<RouteDocument>, RouteDocumentSetup>();
        services.AddSingleton<IValidateOptions<RouteDocument>, RouteDocumentJudge>();
        services.AddSingleton<IOptionsChangeTokenSource<RouteDocument>>(static provider =>
            new ConfigurationChangeTokenSource<RouteDocument>(provider.GetRequiredService<IConfiguration>()));
        services.AddSingleton(static provider => new ServiceDirectory(
            provider.GetRequiredService<ConcordClient>(), new() { CacheDirectory = provider.GetRequiredService<GatewaySettings>().ServicesDirectory }));
        services.AddSingleton<BackendSet>();
        services.AddSingleton<RouteBook>();
        services.AddSingleton<IProxyConfigProvider>(static provider => provider.GetRequiredService<RouteBook>());
        services.AddSingleton<IConfigChangeListener>(static provider => provider.GetRequiredService<RouteBook>());
        services.AddSingleton<GatewayTelemetry>();
        services.AddSingleton<MetricsPage>();
        services.AddReverseProxy()
            .ConfigureHttpClient(static (_, handler) => handler.ConnectTimeout = ConnectTimeout)
            .AddTransforms(static transforms => transforms.AddResponseTransform(static response =>
            {
                if (response.ProxyResponse is { } answer && response.HttpContext.Features.Get<Attempt>() is { } attempt && attempt.TryDrop((int)answer.StatusCode))
                    response.SuppressResponseBody = true;
                return default;
            }));
    }

    private static void Listen(KestrelServerOptions kestrel, GatewaySettings settings)
    {
        kestrel.AddServerHeader = false;
        // Bodies pass through, they are not kept: their size is the services' affair.
        kestrel.Limits.MaxRequestBodySize = null;
        var certificate = settings.CertificateFile is { } file ? X509Certificate2.CreateFromPemFile(file, settings.KeyFile) : null;
        foreach (var url in settings.ListenUrls)
            Bind(url, HttpProtocols.Http1AndHttp2);
        foreach (var url in settings.ListenHttp2Urls)
            Bind(url, HttpProtocols.Http2);
        Bind(settings.AdminUrl, HttpProtocols.Http1, isAdmin: true);

        void Bind(Uri url, HttpProtocols protocols, bool isAdmin = false)
        {
            void Configure(ListenOptions listen)
            {
                listen.Protocols = url.Scheme == "http" && protocols == HttpProtocols.Http1AndHttp2 ? HttpProtocols.Http1 : protocols;
                if (url.Scheme == "https")
                    listen.UseHttps(certificate!);
                if (isAdmin)
                    listen.Use(AdminConnection.Mark);
            }

            if (url.Host is "localhost" && url.Port != 0)
                kestrel.ListenLocalhost(url.Port, Configure);
            else if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address))
                kestrel.Listen(address, url.Port, Configure);
            else if (url.Host == "localhost")
                kestrel.Listen(IPAddress.Loopback, 0, Configure);
            else
                kestrel.ListenAnyIP(url.Port, Configure);
        }
    }
}
