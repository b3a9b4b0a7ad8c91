namespace Concord.Agent;

/// <summary>What the agent says, ids 2100 to 2199.</summary>
internal sealed partial class AgentLog(ILogger logger)
{
    [LoggerMessage(2100, LogLevel.Information, "Serving processes of this host on {Address}: set CONCORD_ENDPOINTS=http://{Address}")]
    public partial void Serving(System.Net.IPEndPoint address);

    [LoggerMessage(2101, LogLevel.Warning, "The servers do not say where they gossip ({Problem}); trying again")]
    public partial void NoGroup(string problem);

    [LoggerMessage(2102, LogLevel.Warning, "The servers are away ({Problem}); what is known is served meanwhile")]
    public partial void ServersAway(string problem);

    [LoggerMessage(2103, LogLevel.Information, "The servers are back")]
    public partial void ServersBack();

    [LoggerMessage(2104, LogLevel.Warning, "What was to be remembered in {File} could not be written: {Problem}")]
    public partial void NotRemembered(string file, string problem);

    [LoggerMessage(2105, LogLevel.Information, "Stopping")]
    public partial void Stopping();
}
