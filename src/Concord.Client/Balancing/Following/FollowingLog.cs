using Microsoft.Extensions.Logging;

namespace Concord.Client.Balancing.Following;

/// <summary>What following services for their callers says. Event ids 7080 to 7089.</summary>
internal static partial class FollowingLog
{
    [LoggerMessage(7080, LogLevel.Information, "{Service}: {Count} instances read from the last known good file {Path}")]
    public static partial void Loaded(ILogger log, string service, int count, string path);

    [LoggerMessage(EventId = 7081, Message = "Following {Service} is interrupted ({Reason}); its last known instances are used")]
    public static partial void Interrupted(ILogger log, LogLevel level, string service, string reason);

    [LoggerMessage(EventId = 7082, Message = "The servers refuse to show {Service} ({Reason}); they are asked again")]
    public static partial void Refused(ILogger log, LogLevel level, string service, string reason);

    [LoggerMessage(7083, LogLevel.Error, "Following {Service} ended by a fault of the client; it begins anew")]
    public static partial void Fault(ILogger log, Exception error, string service);
}
