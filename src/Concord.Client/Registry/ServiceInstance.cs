namespace Concord.Client.Registry;

/// <summary>An instance as callers should see it.</summary>
public sealed record ServiceInstance
{
    public required string Service { get; init; }

    public required string Id { get; init; }

    /// <summary>Grows with each registration of the id.</summary>
    public required long Generation { get; init; }

    public required IReadOnlyList<ServiceEndpoint> Endpoints { get; init; }

    public required string Zone { get; init; }

    public required string Region { get; init; }

    public required string Version { get; init; }

    public required int Weight { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required InstanceState State { get; init; }

    public required string Reason { get; init; }

    /// <summary>Stays until it is deregistered.</summary>
    public required bool Persistent { get; init; }

    /// <summary>It gave no sign of life in time, and is kept in its state because too many others did the same.</summary>
    public required bool Held { get; init; }

    /// <summary>The agent that it was registered through: when its host dies, the instance is critical. Empty: none.</summary>
    public string Node { get; init; } = "";

    /// <summary>The state of the store that brought this.</summary>
    public required long Revision { get; init; }

    public required DateTimeOffset Registered { get; init; }

    public required DateTimeOffset StateSince { get; init; }

    public InstanceKey Key => new(Service, Id);
}

/// <summary>Names one instance.</summary>
public readonly record struct InstanceKey(string Service, string Id) : IComparable<InstanceKey>
{
    public int CompareTo(InstanceKey other) =>
        string.CompareOrdinal(Service, other.Service) is not 0 and var byService ? byService : string.CompareOrdinal(Id, other.Id);

    public static bool operator <(InstanceKey left, InstanceKey right) => left.CompareTo(right) < 0;

    public static bool operator <=(InstanceKey left, InstanceKey right) => left.CompareTo(right) <= 0;

    public static bool operator >(InstanceKey left, InstanceKey right) => left.CompareTo(right) > 0;

    public static bool operator >=(InstanceKey left, InstanceKey right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Service}/{Id}";
}
