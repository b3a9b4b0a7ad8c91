namespace Concord.Routing.Gateway;

/// <summary>Which requests a gateway sends where.</summary>
/// <param name="Routes">In the order of the document.</param>
public sealed record GatewayRoutes(IReadOnlyList<GatewayRoute> Routes)
{
    public static GatewayRoutes None { get; } = new([]);
}

/// <summary>Requests of one kind, and the service that answers them.</summary>
public sealed record GatewayRoute
{
    public required string Name { get; init; }

    public required string Service { get; init; }

    public required GatewayMatch Match { get; init; }

    /// <summary>The smaller one wins where two routes match; otherwise the more specific one does.</summary>
    public int? Order { get; init; }

    /// <summary>The name of the instances' endpoint; empty: the first that speaks the protocol.</summary>
    public string Endpoint { get; init; } = "";

    public GatewayProtocol Protocol { get; init; }

    /// <summary>Taken off the beginning of the path; empty is nothing.</summary>
    public string StripPrefix { get; init; } = "";

    /// <summary>Put before the path, after stripping; empty is nothing.</summary>
    public string AddPrefix { get; init; } = "";

    /// <summary>Set on the request to the service; an empty value removes the header.</summary>
    public IReadOnlyDictionary<string, string> SetHeaders { get; init; } = new Dictionary<string, string>();

    /// <summary>For the whole request with all its attempts; null is none beside the time without any byte.</summary>
    public TimeSpan? Timeout { get; init; }

    public GatewayRetries Retries { get; init; } = new();

    /// <summary>Null is no limit.</summary>
    public GatewayRateLimit? RateLimit { get; init; }

    /// <summary>How an instance is chosen among those that the routing leaves.</summary>
    public string Balancing { get; init; } = GatewayBalancing.LeastRequests;
}

/// <summary>What a request must have; all that is given.</summary>
public sealed record GatewayMatch
{
    /// <summary>Any of these; <c>*.example.com</c> is every host below.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>A pattern such as <c>/shop/{**rest}</c>; empty is every path.</summary>
    public string Path { get; init; } = "";

    /// <summary>Any of these; none is every method.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Headers with the values that they may have; <c>*</c> is any value.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Headers { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}

public enum GatewayProtocol
{
    /// <summary>HTTP/1.1, and HTTP/2 where TLS agrees on it.</summary>
    Http,

    /// <summary>HTTP/2, also without TLS, as gRPC needs it.</summary>
    Grpc,
}

/// <summary>Further attempts at other instances for requests that certainly had no effect, or may be repeated.</summary>
public sealed record GatewayRetries
{
    /// <summary>Beside the first one; 0 is never.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Retries may be this share of all requests to the service, in percent, beside three per second: what a fault costs is bounded.</summary>
    public int BudgetPercent { get; init; } = 20;
}

/// <summary>At most so many requests of a route in any window, by this gateway.</summary>
public sealed record GatewayRateLimit(int Requests, TimeSpan Per);

/// <summary>The ways to choose an instance, as the client's policies are called.</summary>
public static class GatewayBalancing
{
    /// <summary>Of two that chance proposes by weight, the one with fewer requests under way.</summary>
    public const string LeastRequests = "least_requests";

    public static IReadOnlyList<string> All { get; } = ["round_robin", "weighted", LeastRequests, "peak_ewma", "ring_hash", "maglev"];
}
