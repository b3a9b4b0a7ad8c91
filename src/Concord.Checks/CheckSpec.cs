namespace Concord.Checks;

/// <summary>How an instance is looked at. The numbers are those of the server's records.</summary>
public enum CheckKind
{
    Http = 1,
    Tcp = 2,
    Grpc = 3,
}

/// <summary>What is looked at, how often, and how many results in a row count. Was checked when the instance was registered.</summary>
/// <param name="Target">An absolute URL, or host:port for TCP.</param>
/// <param name="GrpcService">The name that the gRPC health service is asked for.</param>
/// <param name="IntervalMs">From the end of one look to the next.</param>
/// <param name="TimeoutMs">For a whole look, redirects included.</param>
public sealed record CheckSpec(
    CheckKind Kind, string Target, string GrpcService, int IntervalMs, int TimeoutMs, int SuccessesBeforePassing, int FailuresBeforeCritical);
