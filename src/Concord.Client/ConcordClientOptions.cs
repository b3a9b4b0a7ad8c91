using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Client;

/// <summary>How a <see cref="ConcordClient"/> reaches its servers. Every value has a default that fits a fleet.</summary>
public sealed record ConcordClientOptions
{
    /// <summary>
    /// The client addresses of the cluster's members, <c>http://host:port</c> (HTTP/2 without TLS) or
    /// <c>https://host:port</c>; names are resolved anew for each connection. See <see cref="ConcordEndpoints.Parse"/>.
    /// </summary>
    public IReadOnlyList<Uri> Endpoints { get; init; } = [ConcordEndpoints.Default];

    /// <summary>Who makes the calls, where the servers ask; null is nobody. The client signs in by itself, and again when its
    /// token has run out. Without TLS the password and everything else travels in clear text.</summary>
    public ConcordCredentials? Credentials { get; init; }

    /// <summary>
    /// Single calls go round over the healthy endpoints, and streams start at a random one, so that the clients of a fleet that all
    /// carry the same list spread over it. Otherwise everything goes to the first one, and on to the next when it fails.
    /// </summary>
    public bool SpreadOverEndpoints { get; init; } = true;

    /// <summary>How long one connection attempt may take before the next endpoint's turn. A round trip between continents
    /// is 0.3 s; 2 s allow for a lost packet and its retransmission.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a single call may take, over all endpoints, unless it sets its own deadline. Covers the election
    /// of a new leader.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The upper bound of the first wait before a stream is opened again; doubles per failed round over all
    /// endpoints. As long an endpoint that failed is put aside. The wait itself is a uniform random share of the bound ("full jitter").</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Where the doubling ends: a fleet finds a server that came back within this time, and 10,000 clients
    /// cost it at most 2,000 attempts per second until then.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An HTTP/2 ping after this much silence while calls are open; at least 10 s, servers of the etcd API may
    /// treat more as abuse.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to a ping may take before the connection counts as dead.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A configuration stream without any message for this long is dead. The server sends a heartbeat every 15 s;
    /// three may be missing.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>The largest answer that is accepted.</summary>
    public int MaxReceiveBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How this process appears in the server's list of instances, apart from its generated identity.</summary>
    public string Host { get; init; } = Environment.MachineName;

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Certificates, for endpoints that are https.</summary>
    public ConcordTlsOptions Tls { get; init; } = new();

    /// <summary>The last word on the HTTP handler: proxies, certificates that are no files. Its certificates count only where
    /// <see cref="Tls"/> says nothing. Runs once.</summary>
    public Action<SocketsHttpHandler>? ConfigureHandler { get; init; }

    /// <summary>Checks all values and names all that are wrong.</summary>
    /// <exception cref="ArgumentException">At least one value cannot work.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (Endpoints.Count == 0)
            faults.Add($"{nameof(Endpoints)} is empty: name at least one, such as {ConcordEndpoints.Default}.");
        foreach (var endpoint in Endpoints)
        {
            if (ConcordEndpoints.FaultOf(endpoint) is { } fault)
                faults.Add(fault);
        }

        faults.AddRange(Tls.Faults());
        Positive(ConnectTimeout, nameof(ConnectTimeout));
        Positive(CallTimeout, nameof(CallTimeout));
        Positive(BackoffMin, nameof(BackoffMin));
        Positive(KeepAliveTimeout, nameof(KeepAliveTimeout));
        Positive(SilenceLimit, nameof(SilenceLimit));
        if (BackoffMax < BackoffMin)
            faults.Add($"{nameof(BackoffMax)} ({BackoffMax}) is below {nameof(BackoffMin)} ({BackoffMin}).");
        if (KeepAliveInterval < TimeSpan.FromSeconds(10))
            faults.Add($"{nameof(KeepAliveInterval)} is {KeepAliveInterval}: set 10 seconds or more.");
        if (MaxReceiveBytes <= 0)
            faults.Add($"{nameof(MaxReceiveBytes)} is {MaxReceiveBytes}: set a positive number of bytes.");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(" ", faults));

        void Positive(TimeSpan value, string name)
        {
            if (value <= TimeSpan.Zero)
                faults.Add($"{name} is {value}: set a positive time.");
        }
    }
}
