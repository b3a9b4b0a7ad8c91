using Concord.Client.Registry;
using Microsoft.Extensions.Logging;

namespace Concord.Extensions.AspNetCore;

/// <summary>What self-registration says. Event ids 7180 to 7199.</summary>
internal static partial class RegistrationLog
{
    [LoggerMessage(7180, LogLevel.Information, "Registered as {Service}/{Id} at {Endpoints}, {State}")]
    public static partial void Registered(ILogger log, string service, string id, string endpoints, InstanceState state);

    [LoggerMessage(7181, LogLevel.Information, "{Service}/{Id} is {State} {Reason}")]
    public static partial void StateChanged(ILogger log, string service, string id, InstanceState state, string reason);

    [LoggerMessage(7182, LogLevel.Information, "{Service}/{Id} is draining for {Time}, then deregistered")]
    public static partial void Draining(ILogger log, string service, string id, TimeSpan time);

    [LoggerMessage(7183, LogLevel.Warning, "{Service}/{Id} could not be registered and is tried again in {Wait}: {Reason}")]
    public static partial void Refused(ILogger log, string service, string id, TimeSpan wait, string reason);

    [LoggerMessage(7184, LogLevel.Error, "{Service}/{Id} was taken over by another process and is not registered any more: give each process an id of its own (Concord:Registration:Id)")]
    public static partial void Superseded(ILogger log, string service, string id);

    [LoggerMessage(7185, LogLevel.Error, "{Service} is not registered: the server is bound to no address that others reach. Set Endpoints, or listen on a port")]
    public static partial void NoEndpoint(ILogger log, string service);

    [LoggerMessage(7186, LogLevel.Warning, "{Service} is registered at {Host}, which only this machine reaches, while the registry is at {Registry}. Listen on another address, or set Concord:Registration:AdvertisedHost")]
    public static partial void OnlyLoopback(ILogger log, string service, string host, string registry);

    [LoggerMessage(7187, LogLevel.Warning, "{Service}/{Id} was not deregistered within the host's shutdown time-out; it ends with its time to live")]
    public static partial void NotDeregistered(ILogger log, string service, string id);

    [LoggerMessage(7188, LogLevel.Error, "The registration of {Service} failed; the application goes on without it")]
    public static partial void Failed(ILogger log, Exception error, string service);

    [LoggerMessage(7189, LogLevel.Warning, "The health checks of {Service} could not be asked: {Reason}")]
    public static partial void NoVerdict(ILogger log, string service, string reason);
}
