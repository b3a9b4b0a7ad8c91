using Concord.Client.Configs;
using Microsoft.Extensions.Logging;

namespace Concord.Client;

/// <summary>Everything the client logs. Event ids 7000 to 7099.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(7000, LogLevel.Debug, "{Endpoint} failed, moving on: {Reason}")]
    public static partial void EndpointFailed(ILogger log, string endpoint, string reason);

    [LoggerMessage(EventId = 7010, Message = "The configuration stream to {Endpoint} is lost ({Reason}); next attempt in {Wait}")]
    public static partial void StreamLost(ILogger log, LogLevel level, string endpoint, string reason, TimeSpan wait);

    [LoggerMessage(7019, LogLevel.Information, "The configuration stream is open at {Endpoint} after {Failures} failures")]
    public static partial void StreamBack(ILogger log, string endpoint, int failures);

    [LoggerMessage(7011, LogLevel.Error, "The configuration stream ended by a fault of the client; it is opened again")]
    public static partial void StreamFault(ILogger log, Exception error);

    [LoggerMessage(7012, LogLevel.Information, "{View} follows release {Release} (revision {Revision}, {Count} settings)")]
    public static partial void SnapshotApplied(ILogger log, ConfigurationView view, long release, long revision, int count);

    [LoggerMessage(7013, LogLevel.Warning, "{View} in release {Release}: {Problem}")]
    public static partial void SnapshotProblem(ILogger log, ConfigurationView view, long release, string problem);

    [LoggerMessage(7014, LogLevel.Error, "{View} rejects release {Release} and keeps what it had: {Reason}")]
    public static partial void SnapshotRejected(ILogger log, ConfigurationView view, long release, string reason);

    [LoggerMessage(7015, LogLevel.Error, "Judging release {Release} of {View} failed, which counts as a rejection")]
    public static partial void JudgeFailed(ILogger log, Exception error, ConfigurationView view, long release);

    [LoggerMessage(EventId = 7016, Message = "The server refuses to serve {View}, it is asked again later: {Reason}")]
    public static partial void SubscriptionRefused(ILogger log, LogLevel level, ConfigurationView view, string reason);

    [LoggerMessage(7017, LogLevel.Warning, "A change of {View} starts from version {From} but this client holds {Held}; asking for the whole view")]
    public static partial void DeltaDoesNotFit(ILogger log, ConfigurationView view, string from, string held);

    [LoggerMessage(7018, LogLevel.Error, "A handler of changes of {View} failed; the others were called")]
    public static partial void HandlerFailed(ILogger log, Exception error, ConfigurationView view);

    [LoggerMessage(7020, LogLevel.Warning, "The last known good file {Path} is ignored: {Reason}")]
    public static partial void CacheIgnored(ILogger log, string path, string reason);

    [LoggerMessage(7021, LogLevel.Warning, "The last known good file {Path} could not be written: {Reason}")]
    public static partial void CacheNotWritten(ILogger log, string path, string reason);

    [LoggerMessage(EventId = 7030, Message = "The {Stream} stream to {Endpoint} is lost ({Reason}); next attempt in {Wait}")]
    public static partial void KeptStreamLost(ILogger log, LogLevel level, string stream, string endpoint, string reason, TimeSpan wait);

    [LoggerMessage(7031, LogLevel.Error, "The {Stream} stream ended by a fault of the client; it is opened again")]
    public static partial void KeptStreamFault(ILogger log, Exception error, string stream);

    [LoggerMessage(7032, LogLevel.Warning, "The lease {Lease:x} counts as lost: {Reason}")]
    public static partial void LeaseLost(ILogger log, long lease, string reason);

    [LoggerMessage(7033, LogLevel.Warning, "The lease {Lease:x} could not be revoked and ends by itself within {Ttl}: {Reason}")]
    public static partial void LeaseNotRevoked(ILogger log, long lease, TimeSpan ttl, string reason);

    [LoggerMessage(7034, LogLevel.Error, "Somebody who waits for the loss of the lease {Lease:x} failed")]
    public static partial void LeaseHandlerFailed(ILogger log, Exception error, long lease);

    [LoggerMessage(7040, LogLevel.Information, "Waiting for a turn goes on without a server: {Reason}")]
    public static partial void CoordinationWaits(ILogger log, string reason);

    [LoggerMessage(7041, LogLevel.Error, "Somebody who waits for the loss of {Name} failed")]
    public static partial void GrantHandlerFailed(ILogger log, Exception error, string name);

    [LoggerMessage(7042, LogLevel.Warning, "It would go unnoticed if somebody deleted the key of {Name}; its lease is watched all the same: {Reason}")]
    public static partial void GrantNotWatched(ILogger log, string name, string reason);
}
