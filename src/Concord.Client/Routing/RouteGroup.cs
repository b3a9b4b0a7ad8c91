using Concord.Client.Registry;
using Concord.Routing;

namespace Concord.Client.Routing;

/// <summary>Instances among which nothing but their weight and load decides.</summary>
/// <param name="Step">The step of the failover order that they are in.</param>
/// <param name="Load">Of the callers of their share, in 1/10000.</param>
/// <param name="Instances">Serving ones; never empty.</param>
public sealed record RouteGroup(FailoverStep Step, int Load, IReadOnlyList<ServiceInstance> Instances);
