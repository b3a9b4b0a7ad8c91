using System.Net;
using Concord.Client;
using Concord.Gossip;

namespace Concord.Agent;

/// <summary>What an agent is started with, checked.</summary>
internal sealed record AgentOptions
{
    /// <summary>Its name among those who gossip, and on every instance that is registered through it; unique.</summary>
    public required string Name { get; init; }

    /// <summary>The servers.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>Where the processes of this host find it; a loopback address.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Where it gossips.</summary>
    public required IPEndPoint GossipListen { get; init; }

    public IPEndPoint? GossipAdvertise { get; init; }

    public string GossipKeyFile { get; init; } = "";

    public GossipProfile GossipProfile { get; init; }

    /// <summary>What it remembers while servers are away, and where the others are.</summary>
    public required string DataDir { get; init; }

    public string Zone { get; init; } = "";

    /// <summary>As whom it makes every call, its own and those of the processes behind it; null: nobody.</summary>
    public ConcordCredentials? Credentials { get; init; }

    public ConcordTlsOptions Tls { get; init; } = new();

    /// <summary>Private networks beside this host's own addresses that checks of its instances may reach.</summary>
    public IReadOnlyList<IPNetwork> CheckPrivateTargets { get; init; } = [];

    /// <summary>Hosts that an HTTP check may be redirected to.</summary>
    public IReadOnlyList<string> CheckRedirectHosts { get; init; } = [];

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
