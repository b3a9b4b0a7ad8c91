using Concord.Client.Balancing.Policies;

namespace Concord.Client.Balancing;

/// <summary>The policies that are there, and which one is the default; docs/balancing.md says how to choose.</summary>
public static class BalancingPolicies
{
    /// <summary>The names that <see cref="Parse"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["round_robin", "weighted", "least_requests", "peak_ewma", "ring_hash", "maglev"];

    /// <summary>In turn, whatever the weights.</summary>
    public static IBalancingPolicy RoundRobin(ulong? seed = null) => new RoundRobinPolicy(Random(seed));

    /// <summary>In turn, in proportion to the weights, evenly interleaved.</summary>
    public static IBalancingPolicy Weighted(ulong? seed = null) => new WeightedPolicy(Random(seed));

    /// <summary>The less loaded of two that are drawn by weight ("power of two choices").</summary>
    public static IBalancingPolicy LeastRequests(ulong? seed = null) => new LeastRequestsPolicy(Random(seed), LeastRequestsPolicy.DecayDefault);

    /// <summary>The one of two, drawn by weight, that is expected to answer sooner: latency times calls under way.</summary>
    /// <param name="decay">How long a latency is remembered; null is 10 s. Not for calls that are long by nature (long polls, streams).</param>
    public static IBalancingPolicy PeakEwma(TimeSpan? decay = null, ulong? seed = null) => new PeakEwmaPolicy(Random(seed), decay ?? PeakEwmaPolicy.DecayDefault);

    /// <summary>Calls with the same key go to the same instance; of n, one that goes moves its own keys only.</summary>
    /// <param name="balanceFactor">
    /// With 1.25 an instance takes at most a quarter more than its share of the calls under way and what is above goes to the next on the
    /// ring (Mirrokni, Thorup, Zadimoghaddam 2018); 0 is without a bound. Above 1, or 0.
    /// </param>
    public static IBalancingPolicy RingHash(double balanceFactor = 0, ulong? seed = null) => new RingHashPolicy(Random(seed), balanceFactor);

    /// <summary>As the ring, with a quicker choice and a more even spread; when an instance goes some keys of others move too.</summary>
    public static IBalancingPolicy Maglev(ulong? seed = null) => new MaglevPolicy(Random(seed));

    /// <summary>Stays in the caller's zone as far as the zone can carry its callers, and sends the rest where there is room.</summary>
    /// <param name="zone">The caller's zone, as instances name theirs.</param>
    /// <param name="inner">Chooses within a zone; null is <see cref="Default"/>.</param>
    /// <param name="callerShare">Which part of all callers is in this zone; null: as many as in every other zone that has instances.</param>
    public static IBalancingPolicy ZoneAware(string zone, IBalancingPolicy? inner = null, double? callerShare = null, ulong? seed = null) =>
        new ZoneAwarePolicy(zone, inner ?? Default(seed), callerShare, Random(seed));

    /// <summary>Always the same part of the instances for one caller, so that connections do not grow with callers times instances.</summary>
    /// <param name="caller">Which caller this is: the same text is the same part. Such as host and process.</param>
    /// <param name="size">How many; 20 and more keep the load even (see docs/balancing.md).</param>
    public static IBalancingPolicy Subset(string caller, int size, IBalancingPolicy? inner = null, ulong? seed = null) =>
        new SubsetPolicy(caller, size, inner ?? Default(seed));

    /// <summary>What is used unless another is asked for; why this one is in docs/design/0014-balancing.md.</summary>
    public static IBalancingPolicy Default(ulong? seed = null) => PeakEwma(seed: seed);

    /// <summary>A policy by its name, for configuration.</summary>
    /// <exception cref="FormatException">There is none of this name.</exception>
    public static IBalancingPolicy Parse(string name, ulong? seed = null) => name switch
    {
        "round_robin" => RoundRobin(seed),
        "weighted" => Weighted(seed),
        "least_requests" => LeastRequests(seed),
        "peak_ewma" => PeakEwma(seed: seed),
        "ring_hash" => RingHash(seed: seed),
        "maglev" => Maglev(seed),
        _ => throw new FormatException($"'{name}' is no balancing policy: choose one of {string.Join(", ", Names)}."),
    };

    private static BalancingRandom Random(ulong? seed) => seed is { } given ? new(given) : new();
}
