using Microsoft.Extensions.Logging;

namespace Concord.Client.Balancing;

/// <summary>What load balancing says. Event ids 7060 to 7079.</summary>
internal static partial class BalancingLog
{
    [LoggerMessage(7060, LogLevel.Warning, "{Endpoint} is left out for {Time}: {Reason}")]
    public static partial void Ejected(ILogger log, PoolEndpoint endpoint, TimeSpan time, string reason);

    [LoggerMessage(7061, LogLevel.Information, "{Endpoint} gets calls again")]
    public static partial void Returned(ILogger log, PoolEndpoint endpoint);

    [LoggerMessage(7062, LogLevel.Warning, "Of {Service} only {Healthy} of {All} instances are healthy: calls go to all of them")]
    public static partial void PanicBegins(ILogger log, string service, int healthy, int all);

    [LoggerMessage(7063, LogLevel.Information, "Of {Service} {Healthy} of {All} instances are healthy again: calls go to these")]
    public static partial void PanicEnds(ILogger log, string service, int healthy, int all);

    [LoggerMessage(7064, LogLevel.Warning, "The registry has no instances of {Service} any more; the last ones are kept for {Time}")]
    public static partial void EmptyHeld(ILogger log, string service, TimeSpan time);

    [LoggerMessage(7065, LogLevel.Error, "The routing policy of {Service} failed; calls go to all instances")]
    public static partial void RoutingFailed(ILogger log, Exception error, string service);

    [LoggerMessage(7066, LogLevel.Error, "Somebody who follows the endpoints of {Service} failed; the others were told")]
    public static partial void ListenerFailed(ILogger log, Exception error, string service);

    [LoggerMessage(7067, LogLevel.Warning, "{Endpoint} should be left out ({Reason}) but is kept: {Ejected} of {All} are left out already")]
    public static partial void NotEjected(ILogger log, PoolEndpoint endpoint, string reason, int ejected, int all);
}
