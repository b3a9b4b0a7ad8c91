namespace Concord.Client.Registry;

/// <summary>How it is looked how a persistent instance does: by the servers, or by the agent that it was registered through. What is null takes the server's default.</summary>
public abstract record ServiceCheck
{
    private ServiceCheck()
    {
    }

    /// <summary>Between the end of one check and the next; the default is 10 s.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>The default is 2 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>In a row; the default is 2.</summary>
    public int? SuccessesBeforePassing { get; init; }

    /// <summary>In a row; the default is 3.</summary>
    public int? FailuresBeforeCritical { get; init; }

    /// <summary>A GET: 2xx is passing, 429 is warning, all else fails.</summary>
    /// <param name="Url">Absolute; null: <paramref name="Path"/> at the instance's first http(s) endpoint.</param>
    public sealed record Http(string? Url = null, string? Path = null) : ServiceCheck;

    /// <summary>A connection comes about.</summary>
    /// <param name="Address">host:port; null: the instance's first endpoint.</param>
    public sealed record Tcp(string? Address = null) : ServiceCheck;

    /// <summary>grpc.health.v1.Health/Check says SERVING.</summary>
    /// <param name="Url">http(s)://host:port; null: the instance's first endpoint.</param>
    public sealed record Grpc(string? Url = null, string? Service = null) : ServiceCheck;

    /// <summary>The instance is renewed within this time, else it is critical.</summary>
    public sealed record Ttl(TimeSpan Time) : ServiceCheck;
}
