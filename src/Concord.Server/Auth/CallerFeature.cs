using Concord.Mvcc.Auth;

namespace Concord.Server.Auth;

/// <summary>Who makes a request, as the gate found out. Not there: access was not checked at that moment.</summary>
internal sealed record CallerFeature(Caller Caller);

internal static class CallerFeatures
{
    public static Caller? Caller(this HttpContext http) => http.Features.Get<CallerFeature>()?.Caller;
}
