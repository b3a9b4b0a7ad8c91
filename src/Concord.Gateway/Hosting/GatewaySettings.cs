using Concord.Client;
using Concord.Client.Balancing.Following;
using Concord.Routing;

namespace Concord.Gateway.Hosting;

/// <summary>What a gateway is started with. Everything about its routes is configuration and can change while it runs; this cannot.</summary>
internal sealed record GatewaySettings
{
    /// <summary>Empty: from the environment, as every service on Concord takes them.</summary>
    public IReadOnlyList<Uri> Endpoints { get; init; } = [];

    /// <summary>HTTP/1.1 without TLS; HTTP/1.1 and HTTP/2 with it.</summary>
    public IReadOnlyList<Uri> ListenUrls { get; init; } = [new("http://localhost:8080")];

    /// <summary>HTTP/2 without TLS, as gRPC clients in a closed network speak it: without TLS a port speaks one version.</summary>
    public IReadOnlyList<Uri> ListenHttp2Urls { get; init; } = [];

    /// <summary>Health and metrics, apart from the traffic, so that no route can hide or expose them.</summary>
    public Uri AdminUrl { get; init; } = new("http://localhost:8081");

    /// <summary>PEM files for https among the addresses.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    public string Application { get; init; } = TrafficDocuments.GatewayApplication;

    public string Environment { get; init; } = "prod";

    public string Zone { get; init; } = "";

    public string Region { get; init; } = "";

    /// <summary>For overlays of the routes and of the routing.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The name under which the gateway registers itself; empty: it does not.</summary>
    public string Register { get; init; } = "";

    /// <summary>Where the last good routes, and in a folder of their own the last instances and rules of their services, are kept, so that it starts
    /// without a server; null: the user's own folder.</summary>
    public string? CacheDirectory { get; init; }

    public string ServicesDirectory => CacheDirectory is null ? ServiceDirectoryOptions.DefaultCacheDirectory : Path.Combine(CacheDirectory, "services");

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>For tests: how the servers are reached.</summary>
    public Func<ConcordClientOptions, ConcordClientOptions>? ConfigureClient { get; init; }
}
