using Microsoft.Extensions.Logging;

namespace Concord.Client;

/// <summary>Everything the client logs. Event ids 7000 to 7099.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(7000, LogLevel.Debug, "{Endpoint} failed, moving on: {Reason}")]
    public static partial void EndpointFailed(ILogger log, string endpoint, string reason);
}
