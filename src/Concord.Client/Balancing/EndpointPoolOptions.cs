using Concord.Client.Balancing.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Client.Balancing;

/// <summary>How a caller spreads its calls over the instances of one service. Every value has a default that fits a fleet.</summary>
public sealed record EndpointPoolOptions
{
    /// <summary>
    /// How calls are spread. Null: <see cref="BalancingPolicies.Default"/>, within the caller's zone first if <see cref="Zone"/> is given. A policy
    /// may be shared by pools.
    /// </summary>
    public IBalancingPolicy? Policy { get; init; }

    /// <summary>Where this caller is, as instances name their zone; empty: zones do not matter.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Which part of all callers is in this zone, see <see cref="BalancingPolicies.ZoneAware"/>.</summary>
    public double? ZoneCallerShare { get; init; }

    /// <summary>Which of an instance's endpoints is called, by its name; null: any, in the order that the instance gives.</summary>
    public string? EndpointName { get; init; }

    /// <summary>Which schemes will do, the best one first; empty: any. Instances without a suitable endpoint are left out.</summary>
    public IReadOnlyList<string> Schemes { get; init; } = [];

    public OutlierOptions Outliers { get; init; } = new();

    public SlowStartOptions SlowStart { get; init; } = new();

    public RetryBudgetOptions RetryBudget { get; init; } = new();

    /// <summary>
    /// Below this share of healthy instances all are used, the critical and the ejected ones too: so many are rarely dead, it is mostly the view
    /// that is wrong, and the few that seem well could not carry the load. Null: the service's own threshold, as operators set it in the registry.
    /// </summary>
    public int? PanicPercent { get; init; }

    /// <summary>
    /// A tier takes all calls as long as its healthy share times this is 1: with 1.4, while at most 28 % of it are missing. Envoy's.
    /// </summary>
    public double Overprovisioning { get; init; } = 1.4;

    /// <summary>
    /// How long the instances are kept when from one moment to the next none is there, without having drained. A registry that was set up
    /// anew is empty until all have registered again, within seconds; nobody has to stop working for that.
    /// </summary>
    public TimeSpan EmptyGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Filters, weights and ranks instances before the policy chooses; null: all, by their weights.</summary>
    public IRoutingPolicy? Routing { get; init; }

    /// <summary>For choices that can be repeated; null: different in every process. Used only where <see cref="Policy"/> is null, and for splits and tiers.</summary>
    public ulong? Seed { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Checks all values and names all that are wrong.</summary>
    /// <exception cref="ArgumentException">At least one value cannot work.</exception>
    public void Validate()
    {
        var faults = new List<string>([.. Outliers.Faults(), .. SlowStart.Faults(), .. RetryBudget.Faults()]);
        if (PanicPercent is < 0 or > 100)
            faults.Add($"{nameof(PanicPercent)} is {PanicPercent}: set 0 to 100, or null for the service's own.");
        if (Overprovisioning is not >= 1)
            faults.Add($"{nameof(Overprovisioning)} is {Overprovisioning}: set 1 or more.");
        if (EmptyGrace < TimeSpan.Zero)
            faults.Add($"{nameof(EmptyGrace)} is {EmptyGrace}: set a time, or zero to believe an empty list at once.");
        if (ZoneCallerShare is <= 0 or > 1)
            faults.Add($"{nameof(ZoneCallerShare)} is {ZoneCallerShare}: set more than 0 and at most 1, or null.");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(" ", faults));
    }

    internal IBalancingPolicy CreatePolicy() =>
        Policy ?? (Zone.Length > 0 ? BalancingPolicies.ZoneAware(Zone, callerShare: ZoneCallerShare, seed: Seed) : BalancingPolicies.Default(Seed));
}
