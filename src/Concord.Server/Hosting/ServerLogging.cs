using Concord.Server.Cluster;
using Concord.Server.Telemetry;
using Microsoft.Extensions.Logging.Console;

namespace Concord.Server.Hosting;

/// <summary>Messages on the console: one readable line each, or one JSON object each.</summary>
internal static class ServerLogging
{
    public static ILoggerFactory Create(ServerOptions options) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(options.LogLevel);
        OtlpExport.Add(logging, options);

        // What the web server does is of interest only when it goes wrong, or when somebody debugs.
        logging.AddFilter("Microsoft", options.LogLevel == LogLevel.Debug ? LogLevel.Information : LogLevel.Warning);

        if (options.LogLevel > LogLevel.Debug && !OtlpExport.IsWanted(options))
        {
            // Says nothing at these levels, but for somebody who might listen it makes an activity and a scope for every request.
            logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        }

        // Why the host could not start is said once, in words, where the start was asked for.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddFilter("Grpc", options.LogLevel == LogLevel.Debug ? LogLevel.Information : LogLevel.Warning);
        if (options.LogFormat == LogFormat.Json)
        {
            logging.AddJsonConsole(json =>
            {
                json.UseUtcTimestamp = true;
                json.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        }
        else
        {
            logging.AddSimpleConsole(text =>
            {
                text.SingleLine = true;
                text.TimestampFormat = "HH:mm:ss.fff ";
                text.ColorBehavior = LoggerColorBehavior.Default;
            });
        }
    });
}
