using Microsoft.Extensions.Logging;

namespace Concord.Client.Registry;

/// <summary>What the client says about registrations.</summary>
internal static partial class RegistryClientLog
{
    [LoggerMessage(EventId = 7050, Message = "{Service}/{Id} lost its connection to {Endpoint} ({Reason}); trying again in {Wait}")]
    public static partial void RegistrationLost(ILogger log, LogLevel level, string service, string id, string endpoint, string reason, TimeSpan wait);

    [LoggerMessage(7051, LogLevel.Warning, "{Service}/{Id} could not be deregistered ({Reason}); it ends with its time to live")]
    public static partial void NotDeregistered(ILogger log, string service, string id, string reason);
}
