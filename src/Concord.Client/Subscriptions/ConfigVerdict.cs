namespace Concord.Client.Subscriptions;

/// <summary>What the process makes of a snapshot: takes it, or keeps what it has and says why.</summary>
public sealed record ConfigVerdict
{
    private ConfigVerdict(string? reason) => Reason = reason;

    public static ConfigVerdict Accepted { get; } = new(reason: null);

    /// <summary>Why the snapshot is rejected, in words for people; null if it is accepted.</summary>
    public string? Reason { get; }

    public static ConfigVerdict Rejected(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new ConfigVerdict(reason);
    }
}
