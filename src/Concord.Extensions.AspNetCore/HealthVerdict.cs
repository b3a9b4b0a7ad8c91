using Concord.Client.Registry;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Concord.Extensions.AspNetCore;

/// <summary>What the host's health checks say, in the registry's words.</summary>
internal readonly record struct HealthVerdict(InstanceState State, string Reason)
{
    /// <summary>The server refuses more.</summary>
    private const int ReasonCharacters = 512;

    /// <param name="wasReady">Until it was ready once, an application is starting, not broken.</param>
    public static HealthVerdict Of(HealthReport report, bool wasReady) => report.Status switch
    {
        HealthStatus.Healthy => new(InstanceState.Passing, ""),
        HealthStatus.Degraded => new(InstanceState.Warning, ReasonOf(report)),
        _ => new(wasReady ? InstanceState.Critical : InstanceState.Starting, ReasonOf(report)),
    };

    /// <summary>The checks could not be asked.</summary>
    public static HealthVerdict Failed(string reason, bool wasReady) =>
        new(wasReady ? InstanceState.Critical : InstanceState.Starting, Line(reason));

    private static string ReasonOf(HealthReport report) => Line(string.Join("; ", report.Entries
        .Where(entry => entry.Value.Status != HealthStatus.Healthy)
        .OrderBy(entry => entry.Value.Status)
        .ThenBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => $"{entry.Key}: {entry.Value.Description ?? entry.Value.Exception?.Message ?? entry.Value.Status.ToString()}")));

    private static string Line(string text)
    {
        var line = new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.Length <= ReasonCharacters ? line : line[..(ReasonCharacters - 1)] + "…";
    }
}
