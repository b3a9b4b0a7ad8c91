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

    [LoggerMessage(2106, LogLevel.Information, "Looking at {Count} instances of this host")]
    public partial void Checking(int count);

    [LoggerMessage(2107, LogLevel.Information, "{Service}/{Id} is {State}: {Reason}")]
    public partial void Checked(string service, string id, string state, string reason);

    [LoggerMessage(2108, LogLevel.Warning, "The servers do not take what was found of {Service}/{Id}: {Problem}")]
    public partial void ReportRefused(string service, string id, string problem);

    [LoggerMessage(2109, LogLevel.Warning, "The servers do not say what is to be checked on this host, and check it themselves: {Problem}")]
    public partial void ChecksRefused(string problem);

    [LoggerMessage(2110, LogLevel.Warning, "{Count} instances of this host are not checked: the agent's user may not register them")]
    public partial void ChecksHidden(int count);

    [LoggerMessage(2111, LogLevel.Warning, "This host has {Count} instances to check; only the first {Max} are looked at")]
    public partial void TooManyChecks(int count, int max);

    [LoggerMessage(2112, LogLevel.Error, "A health check failed by a fault of the agent; trying again")]
    public partial void CheckFault(Exception error);

    [LoggerMessage(2113, LogLevel.Warning, "{File} cannot be read ({Problem}); instances registered before are not looked at on this host's own addresses until they register again")]
    public partial void NotRecalled(string file, string problem);
}
