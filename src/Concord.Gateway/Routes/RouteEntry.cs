using System.Threading.RateLimiting;
using Concord.Gateway.Backends;
using Concord.Routing.Gateway;

namespace Concord.Gateway.Routes;

/// <summary>A route in use, with what its requests need.</summary>
/// <param name="Limiter">Null is no limit.</param>
internal sealed record RouteEntry(GatewayRoute Route, Backend Backend, RateLimiter? Limiter);
