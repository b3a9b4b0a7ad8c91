using Concord.Server.Cluster;
using Concord.Server.Configs;
using Concord.Server.Configs.Push;
using Concord.Server.Etcd;
using Concord.Server.Hosting;
using Concord.Server.Members;
using Concord.Server.Registry;
using Concord.Server.Registry.Push;
using Concord.Server.Replica;

namespace Concord.Server.Telemetry;

/// <summary>What operators look at, as the host composes it. Needs the replica and the configuration centre.</summary>
internal static class TelemetrySlice
{
    public static IServiceCollection AddTelemetry(this IServiceCollection services, ServerTelemetry telemetry, ServerOptions options)
    {
        services.AddSingleton(telemetry);
        services.AddSingleton(_ => new HealthCounts(telemetry.Meter));
        services.AddSingleton<ReplicaHealthCheck>();
        services.AddSingleton<HealthEndpoints>();
        OtlpExport.Add(services, options);
        return services;
    }

    /// <summary>After everything else is mapped, and the replica is there: gRPC's methods are counted by what is there.</summary>
    public static void MapTelemetry(this WebApplication app)
    {
        var services = app.Services;
        var telemetry = services.GetRequiredService<ServerTelemetry>();
        var options = services.GetRequiredService<ServerOptions>();
        ReplicaInstruments.Add(telemetry.Meter, services.GetRequiredService<LocalReplica>(), options);
        ConfigInstruments.Add(telemetry.Meter, services.GetRequiredService<ConfigHub>(), services.GetRequiredService<ConfigStore>());
        RegistryInstruments.Add(telemetry.Meter, services.GetRequiredService<RegistryHub>(), services.GetRequiredService<RegistryMetrics>());
        if (services.GetService<ServerGossip>() is { } gossip)
        {
            GossipInstruments.Add(telemetry.Meter, gossip);
        }

        ProcessInstruments.Add(telemetry.Meter);

        HealthEndpoints.Map(app);
        app.Map("/metrics", HealthEndpoints.Get(context => AnswerMetricsAsync(context, telemetry.Text))).WithMetadata(OperatorPort.Served);

        var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(static source => source.Endpoints);
        var isExtensive = options.Metrics == ServerOptions.ExtensiveMetrics;
        var calls = new GrpcCallCounts(telemetry.Meter, endpoints, withTimes: isExtensive);
        app.Use(calls.Count);
        if (!isExtensive && !OtlpExport.IsWanted(options))
        {
            // Nobody wants the time of every call, or a trace with its route.
            services.GetRequiredService<HotKv>().Open(calls);
        }

        app.Use(OperatorPort.Guard);
    }

    private static async Task AnswerMetricsAsync(HttpContext context, PrometheusText metrics)
    {
        using var text = await metrics.ReadAsync(context.RequestAborted);
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = text.Length;
        await text.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
