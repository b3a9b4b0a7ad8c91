using System.Text.Json.Serialization;
using Concord.Server.Registry.Model;

namespace Concord.Server.Registry.Records;

/// <summary>What the store holds of an instance, as compact JSON: any key-value client can show it.</summary>
/// <param name="Generation">Grows with each registration of the id: a revision of the store.</param>
internal sealed record InstanceRecord(long Generation, InstanceState State, string Reason, long StateSinceUnixMs, long RegisteredUnixMs)
{
    public IReadOnlyList<InstanceEndpoint> Endpoints { get; init; } = [];

    public string Zone { get; init; } = "";

    public string Region { get; init; } = "";

    public string Version { get; init; } = "";

    public int Weight { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public bool Persistent { get; init; }

    public HealthCheck? Check { get; init; }

    /// <summary>The agent through which it was registered, by its name among those that gossip; null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; init; }

    /// <summary>Its state before its host was lost, to be given back if the host comes back; null: the host is not lost.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public InstanceState? BeforeLoss { get; init; }

    [JsonIgnore]
    public bool NeedsRenewal => !Persistent || Check is { Kind: HealthCheckKind.Ttl };

    public static InstanceRecord Of(Registration registration, long generation, long now) => new(generation, registration.State, registration.Reason, now, now)
    {
        Endpoints = registration.Endpoints,
        Zone = registration.Zone,
        Region = registration.Region,
        Version = registration.Version,
        Weight = registration.Weight,
        Tags = registration.Tags,
        Metadata = registration.Metadata,
        Persistent = registration.Persistent,
        Check = registration.Check,
        Node = registration.Node,
    };
}

/// <summary>An instance or a zone is out of service.</summary>
internal sealed record MaintenanceRecord(string Reason, string Author, long TimeUnixMs);

/// <summary>What operators have said about a service.</summary>
internal sealed record ServiceRecord(int PanicPercent);
