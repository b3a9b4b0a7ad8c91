namespace Concord.Gossip;

/// <summary>What a member says of itself. Immutable; only the member itself changes it, under a new incarnation.</summary>
public sealed class MemberInfo
{
    /// <summary>In UTF-8. A name goes along with every rumour about its member, so it must not fill a packet.</summary>
    public const int NameBytesMax = 128;

    /// <summary>What fits a packet beside a name and another rumour.</summary>
    public const int MetadataBytesMax = 512;

    /// <exception cref="ArgumentException">A limit is exceeded; the message names the field.</exception>
    public MemberInfo(string name, GossipAddress address, ReadOnlyMemory<byte> metadata = default, byte protocol = PacketCodec.Version)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (WireText.Bytes(name) > NameBytesMax)
        {
            throw new ArgumentException($"a member's name has at most {NameBytesMax} bytes: shorten it", nameof(name));
        }

        if (address.IsNone)
        {
            throw new ArgumentException("a member needs an address with a port that others reach", nameof(address));
        }

        if (metadata.Length > MetadataBytesMax)
        {
            throw new ArgumentException($"metadata has at most {MetadataBytesMax} bytes, not {metadata.Length}: keep what is large elsewhere", nameof(metadata));
        }

        Name = name;
        Address = address;
        Metadata = metadata;
        Protocol = protocol;
    }

    /// <summary>Unique in the cluster, and who the member is: an address may change hands, a name stands for one member.</summary>
    public string Name { get; }

    public GossipAddress Address { get; }

    /// <summary>The host's own bytes, not looked at.</summary>
    public ReadOnlyMemory<byte> Metadata { get; }

    /// <summary>The newest version of the packet format that the member reads.</summary>
    public byte Protocol { get; }

    public bool SameAs(MemberInfo other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(this, other)
            || (Name == other.Name && Address == other.Address && Protocol == other.Protocol && Metadata.Span.SequenceEqual(other.Metadata.Span));
    }

    public override string ToString() => $"{Name} at {Address}";
}
