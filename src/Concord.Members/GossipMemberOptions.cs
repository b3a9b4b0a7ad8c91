using Concord.Gossip;
using Concord.Members.Keys;

namespace Concord.Members;

/// <summary>What a <see cref="GossipMember"/> is started with.</summary>
public sealed record GossipMemberOptions
{
    /// <summary>Unique in the group, 1 to 128 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>Where others reach the port.</summary>
    public required GossipAddress Address { get; init; }

    /// <summary>Packets of other clusters are refused.</summary>
    public required ulong ClusterId { get; init; }

    public required MemberMetadata Metadata { get; init; }

    /// <summary>Null: nothing is encrypted.</summary>
    public GossipKeys? Keys { get; init; }

    /// <summary>Where <see cref="Keys"/> came from and changes go; null: memory only.</summary>
    public KeyringFile? KeyFile { get; init; }

    /// <summary>As all members of the group have it.</summary>
    public GossipProfile Profile { get; init; }

    /// <summary>Changes the protocol's parameters, for tests.</summary>
    public Func<GossipOptions, GossipOptions>? Tune { get; init; }
}
