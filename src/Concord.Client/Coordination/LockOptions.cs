namespace Concord.Client.Coordination;

/// <summary>How a turn is waited for and held.</summary>
public sealed record LockOptions
{
    /// <summary>How long the turn outlives a holder that has died, rounded up to whole seconds (<see cref="Leases.LeasesClient.GrantAsync"/>).
    /// 15 s ride out an election of a leader, and a garbage collection of the holder.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long to wait for the turn; null waits as long as the caller's token allows. Zero looks once.</summary>
    public TimeSpan? Wait { get; init; }

    internal void Validate()
    {
        if (Ttl <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(Ttl), Ttl, "A turn that lives no time is no turn: set a positive time.");
        if (Wait < TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(Wait), Wait, "Set zero or more, or null to wait without end.");
    }
}
