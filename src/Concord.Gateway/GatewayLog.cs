namespace Concord.Gateway;

/// <summary>Everything the gateway logs itself. Event ids 7300 to 7399.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(7300, LogLevel.Information, "{Count} routes are in use")]
    public static partial void RoutesApplied(ILogger log, int count);

    [LoggerMessage(7301, LogLevel.Error, "The routes could not be put to use; those before stay")]
    public static partial void RoutesNotApplied(ILogger log, Exception error);

    [LoggerMessage(7305, LogLevel.Debug, "{Route}: attempt {Attempt} at {Instance} failed ({Reason}), another one is made")]
    public static partial void Retried(ILogger log, string route, int attempt, string instance, string reason);

    [LoggerMessage(7306, LogLevel.Warning, "{Route}: no instance of {Service} can be called")]
    public static partial void NoInstance(ILogger log, string route, string service);

    [LoggerMessage(7307, LogLevel.Information, "Traffic at {Traffic}, health and metrics at {Admin}")]
    public static partial void Serving(ILogger log, string traffic, string admin);

    [LoggerMessage(7308, LogLevel.Warning, "{Route}: a request failed at {Instance} after {Attempts} attempts: {Reason}")]
    public static partial void Failed(ILogger log, string route, string instance, int attempts, string reason);
}
