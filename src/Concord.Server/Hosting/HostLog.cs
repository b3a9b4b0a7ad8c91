namespace Concord.Server.Hosting;

/// <summary>What the program says about itself, ids 1100 to 1199.</summary>
internal sealed partial class HostLog(ILogger logger)
{
    [LoggerMessage(1100, LogLevel.Information, "Serving clients on {Urls}")]
    public partial void Serving(string urls);

    [LoggerMessage(1101, LogLevel.Information, "Stopping")]
    public partial void Stopping();

    [LoggerMessage(1102, LogLevel.Warning, "{Setting}")]
    public partial void WithoutEffect(string setting);
}
