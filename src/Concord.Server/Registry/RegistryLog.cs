namespace Concord.Server.Registry;

/// <summary>What the registry says, ids 1900 to 1999.</summary>
internal sealed partial class RegistryLog(ILogger logger)
{
    [LoggerMessage(1900, LogLevel.Error, "Following the registry failed; trying again")]
    public partial void FollowFailed(Exception error);

    [LoggerMessage(1901, LogLevel.Warning, "{Service}: {Critical} instances gave no sign of life or lost their host and are critical, {Gone} are gone")]
    public partial void Expired(string service, int critical, int gone);

    [LoggerMessage(1902, LogLevel.Warning, "{Service}: {Held} of {Total} instances gave no sign of life or lost their host and are kept for now: more than {Percent} % at once")]
    public partial void Held(string service, int held, int total, int percent);

    [LoggerMessage(1903, LogLevel.Error, "Looking for expired instances failed; trying again")]
    public partial void SweepFailed(Exception error);

    [LoggerMessage(1904, LogLevel.Warning, "{Service}/{Id} could not be said to have lost its connection; it stays until its time is over")]
    public partial void LossNotWritten(Exception error, string service, string id);

    [LoggerMessage(1905, LogLevel.Error, "Sharing out the health checks failed; trying again")]
    public partial void ChecksFailed(Exception error);

    [LoggerMessage(1906, LogLevel.Warning, "The result of checking {Service}/{Id} could not be written; trying again with the next check")]
    public partial void ResultNotWritten(Exception error, string service, string id);

    [LoggerMessage(1907, LogLevel.Information, "{Service}/{Id} is {State}: {Reason}")]
    public partial void Checked(string service, string id, string state, string reason);
}
