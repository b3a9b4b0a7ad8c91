namespace Concord.Server.Registry.Expiry;

/// <summary>How fast instances that give no sign of life are turned critical and removed.</summary>
/// <param name="SharePercent">
/// Of a service's instances, within one interval; at least one. What takes away more than that at once is rarely the instances: it
/// is the network, or the registry itself. 100: no limit.
/// </param>
internal sealed record ExpiryRules(int SharePercent)
{
    /// <summary>A fifth: a zone of five may go at once. Eureka stops at 15 %.</summary>
    public const int SharePercentDefault = 20;

    /// <summary>With the default share a service that is truly gone is critical after two minutes; long enough to look.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From critical to removed, so that it can be seen what was lost.</summary>
    public TimeSpan RemoveAfter { get; init; } = TimeSpan.FromSeconds(30);

    public int Allowed(int total) => Math.Max(1, (int)(((long)total * SharePercent + 99) / 100));
}
