using Concord.Server.Cluster;
using Concord.Server.Hosting;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Concord.Server.Telemetry;

/// <summary>
/// Sends metrics, traces and messages to an OpenTelemetry collector, if an endpoint was given; otherwise none of it exists. What
/// else there is to set (headers, intervals, sampling) is set by OpenTelemetry's own environment variables.
/// </summary>
internal static class OtlpExport
{
    public static bool IsWanted(ServerOptions options) => options.OtlpEndpoint is not null;

    public static void Add(IServiceCollection services, ServerOptions options)
    {
        if (!IsWanted(options))
        {
            return;
        }

        services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, options))
            .WithMetrics(metrics => metrics
                .AddMeter(ServerTelemetry.MeterName)
                .AddMeter("System.Runtime")
                .AddOtlpExporter(exporter => Aim(exporter, options, "v1/metrics")))
            .WithTracing(traces => traces
                .AddAspNetCoreInstrumentation()
                .AddOtlpExporter(exporter => Aim(exporter, options, "v1/traces")));
    }

    public static void Add(ILoggingBuilder logging, ServerOptions options)
    {
        if (!IsWanted(options))
        {
            return;
        }

        logging.AddOpenTelemetry(messages =>
        {
            var resource = ResourceBuilder.CreateDefault();
            Describe(resource, options);
            messages.SetResourceBuilder(resource);
            messages.IncludeFormattedMessage = true;
            messages.AddOtlpExporter(exporter => Aim(exporter, options, "v1/logs"));
        });
    }

    private static void Describe(ResourceBuilder resource, ServerOptions options) =>
        resource.AddService("concord-server", serviceVersion: ServerVersion.Product, serviceInstanceId: options.Name);

    /// <summary>Over HTTP every signal has a path of its own; an endpoint that is set in code is taken as it is.</summary>
    private static void Aim(OtlpExporterOptions exporter, ServerOptions options, string path)
    {
        var isHttp = options.OtlpProtocol == ServerOptions.OtlpOverHttp;
        exporter.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = isHttp ? new Uri(options.OtlpEndpoint!.AbsoluteUri.TrimEnd('/') + "/" + path) : options.OtlpEndpoint!;
    }
}
