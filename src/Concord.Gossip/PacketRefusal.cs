namespace Concord.Gossip;

/// <summary>Why bytes are no packet; count them by kind.</summary>
public enum PacketRefusal
{
    /// <summary>It is one.</summary>
    None = 0,

    /// <summary>Too short to be a packet, or longer than is taken.</summary>
    Size = 1,

    /// <summary>Of another version of the format, or sealed although it should not be, or the other way round.</summary>
    Version = 2,

    /// <summary>The checksum differs: damaged on its way.</summary>
    Checksum = 3,

    /// <summary>Of another cluster that knows this address.</summary>
    Cluster = 4,

    /// <summary>The content breaks a rule of the format: nothing of the packet is taken.</summary>
    Content = 5,

    /// <summary>Sealed under no key of this keyring, or changed on its way.</summary>
    Seal = 6,
}
