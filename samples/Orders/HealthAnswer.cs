using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Orders;

/// <summary>Answers GET /health with the status, what is wrong, and what is known about the configuration.</summary>
internal static class HealthAnswer
{
    public static HealthCheckOptions Options { get; } = new() { ResponseWriter = WriteAsync };

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var answer = new Dictionary<string, object> { ["status"] = report.Status.ToString() };
        foreach (var (name, entry) in report.Entries)
        {
            var about = new Dictionary<string, object>(entry.Data);
            if (entry.Description is { } description)
                about["description"] = description;
            answer[name] = about;
        }

        return context.Response.WriteAsJsonAsync(answer, OrdersJson.Default.DictionaryStringObject);
    }
}
