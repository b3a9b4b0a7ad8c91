namespace Concord.Server.Configs;

/// <summary>What the configuration centre says, ids 1300 to 1399.</summary>
internal sealed partial class ConfigsLog(ILogger logger)
{
    [LoggerMessage(1300, LogLevel.Error, "Following the configurations failed; trying again")]
    public partial void FollowFailed(Exception error);

    [LoggerMessage(1301, LogLevel.Information, "Release {Number} by {Author}: {Configurations} configurations, {Keys} keys")]
    public partial void Released(long number, string author, int configurations, int keys);

    [LoggerMessage(1302, LogLevel.Error, "{Method} {Path} failed")]
    public partial void RequestFailed(Exception error, string method, string path);
}
