namespace Concord.Client.Registry;

/// <summary>How a registration is held.</summary>
public sealed record ServiceRegistrationOptions
{
    /// <summary>How long the instance outlives a broken connection: the time to come back. 2 s to 1 h.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between "draining" and the deregistration when it is stopped: for callers to hear of it and finish what they began.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(1);
}
