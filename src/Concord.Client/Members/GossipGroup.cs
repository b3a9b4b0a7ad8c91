namespace Concord.Client.Members;

public enum GossipStatus
{
    Alive = 1,

    /// <summary>It does not answer, and has not had the time to object.</summary>
    Suspect = 2,
    Dead = 3,

    /// <summary>It said goodbye.</summary>
    Left = 4,
}

/// <summary>A server or an agent as another server sees it.</summary>
public sealed record GossipMember
{
    public required string Name { get; init; }

    /// <summary>IP address and port, UDP and TCP.</summary>
    public required string Address { get; init; }

    public required GossipStatus Status { get; init; }

    /// <summary>"server", "agent"; empty if it did not say.</summary>
    public required string Role { get; init; }

    /// <summary>Of a server: its id in the cluster, as hexadecimal digits.</summary>
    public required string Id { get; init; }

    public required IReadOnlyList<string> ClientUrls { get; init; }

    public required string Zone { get; init; }

    public required string Version { get; init; }
}

/// <summary>All that one server knows of who is there.</summary>
/// <param name="From">The server that answered.</param>
/// <param name="ClusterId">Packets of other clusters are refused.</param>
public sealed record GossipGroup(string From, ulong ClusterId, bool IsEncrypted, IReadOnlyList<GossipMember> Members);

/// <summary>An event that somebody sent to all.</summary>
/// <param name="Origin">The member that it was sent from.</param>
/// <param name="Time">Lamport time: of two events that know of each other the later one has the greater.</param>
public sealed record MemberEvent(string Name, ReadOnlyMemory<byte> Payload, string Origin, ulong Time);

/// <summary>What a member answered about its keys.</summary>
/// <param name="Error">Why it did not do what was asked; empty: it did.</param>
/// <param name="Fingerprints">Of its keys, the one in use first.</param>
public sealed record MemberKeyring(string Member, string Error, IReadOnlyList<string> Fingerprints);
