using Concord.Client.Configs;
using Microsoft.Extensions.Logging;

namespace Concord.Extensions;

/// <summary>Everything the extensions log. Event ids 7100 to 7199.</summary>
internal static partial class ExtensionsLog
{
    [LoggerMessage(7100, LogLevel.Information, "{View}: release {Release} read from the last known good file {Path}")]
    public static partial void CacheLoaded(ILogger log, ConfigurationView view, long release, string path);

    [LoggerMessage(7101, LogLevel.Warning, "{View} starts {How}, no server answered: {Reason}. It follows as soon as one does")]
    public static partial void StartedWithoutServer(ILogger log, ConfigurationView view, string how, string reason);

    [LoggerMessage(7102, LogLevel.Error, "{View} cannot start with release {Release} and starts with the last known good release {Good}: {Reason}")]
    public static partial void FellBack(ILogger log, ConfigurationView view, long release, long good, string reason);

    [LoggerMessage(7103, LogLevel.Error, "Somebody who listens for changes of {View} failed; the new values are in place")]
    public static partial void ListenerFailed(ILogger log, Exception error, ConfigurationView view);

    [LoggerMessage(7104, LogLevel.Warning, "Following {View} did not end cleanly")]
    public static partial void EndFailed(ILogger log, Exception error, ConfigurationView view);

    [LoggerMessage(7105, LogLevel.Error, "{Options} could not be made from the changed configuration; its last good value stays")]
    public static partial void OptionsKept(ILogger log, Exception error, string options);

    [LoggerMessage(7106, LogLevel.Warning, "{Options} cannot be made, neither from the new configuration nor from the old, so it has no say: {Reason}")]
    public static partial void OptionsAlreadyBroken(ILogger log, string options, string reason);

    [LoggerMessage(7107, LogLevel.Error, "A handler of changes of {Options} failed; the others were called")]
    public static partial void OptionsHandlerFailed(ILogger log, Exception error, string options);

    [LoggerMessage(7108, LogLevel.Information, "Concord's configuration source is switched off by the environment variable {Variable}")]
    public static partial void Disabled(ILogger log, string variable);

    [LoggerMessage(7109, LogLevel.Debug, "{Options} cannot be made yet, so a change is announced to those who listen whether it concerns them or not")]
    public static partial void OptionsNotMade(ILogger log, Exception error, string options);

    [LoggerMessage(7110, LogLevel.Information, "This instance leads {Name}, fencing token {Token}")]
    public static partial void LeaderElected(ILogger log, string name, long token);

    [LoggerMessage(7111, LogLevel.Warning, "This instance has lost the leadership of {Name} and stops what it ran: {Reason}")]
    public static partial void LeadershipLost(ILogger log, string name, string reason);

    [LoggerMessage(7112, LogLevel.Warning, "This instance cannot stand for {Name} at present and tries again: {Reason}")]
    public static partial void CampaignFailed(ILogger log, string name, string reason);

    [LoggerMessage(7113, LogLevel.Error, "{Service} has not stopped within {Margin} of losing the leadership of {Name}: another instance may run beside it")]
    public static partial void LeaderDoesNotStop(ILogger log, string name, string service, TimeSpan margin);
}
