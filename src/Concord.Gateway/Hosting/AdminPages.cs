using System.Text.Json;
using Concord.Gateway.Telemetry;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Concord.Gateway.Hosting;

/// <summary>Health and metrics.</summary>
internal static class AdminPages
{
    public static void Map(IApplicationBuilder app)
    {
        app.UseHealthChecks("/livez", new HealthCheckOptions { Predicate = static _ => false });
        app.UseHealthChecks("/readyz");
        app.UseHealthChecks("/health", new HealthCheckOptions { ResponseWriter = WriteAsync });
        app.Map("/metrics", static metrics => metrics.Run(static context => context.RequestServices.GetRequiredService<MetricsPage>().WriteAsync(context)));
        app.Run(static context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return context.Response.WriteAsync("Here are /health, /livez, /readyz and /metrics.\n", context.RequestAborted);
        });
    }

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        writer.WriteString("status", report.Status.ToString());
        writer.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries)
        {
            writer.WriteStartObject(name);
            writer.WriteString("status", entry.Status.ToString());
            if (entry.Description is { } description)
                writer.WriteString("description", description);
            foreach (var (key, value) in entry.Data)
                writer.WriteString(key, value is DateTimeOffset time ? $"{time:O}" : $"{value}");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
