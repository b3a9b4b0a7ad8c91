using Concord.Client.Registry;

namespace Concord.Client.Balancing;

/// <summary>How a pool does, for people and health checks.</summary>
/// <param name="Healthy">Of the endpoints, those that calls go to when there is no panic.</param>
/// <param name="IsPanic">Too few are healthy: calls go to all.</param>
/// <param name="IsEmptyHeld">The registry has no instances any more; those that were there last are used for the time being.</param>
/// <param name="Endpoints">All that calls may go to.</param>
public sealed record PoolStatus(string Service, string Policy, int Healthy, bool IsPanic, bool IsEmptyHeld, IReadOnlyList<EndpointStatus> Endpoints);

/// <param name="Ramp">Which part of its share it gets (slow start).</param>
/// <param name="Latency">As the policy has learned it; zero if it learns none or knows none.</param>
public sealed record EndpointStatus(string Id, Uri Uri, string Zone, int Weight, InstanceState State, bool IsEjected, int Active, double Ramp, TimeSpan Latency);
