using System.Globalization;

namespace Concord.Gossip;

/// <summary>
/// Where a member is reached: an IP address and the port of both lanes. IPv4 is held as the IPv4-mapped IPv6 address
/// (RFC 4291 section 2.5.5.2). Names are resolved by the host; scoped addresses (RFC 4007) are not carried.
/// </summary>
/// <param name="Ip">The 128 bits, most significant byte first.</param>
/// <param name="Port">0 is no address.</param>
public readonly record struct GossipAddress(UInt128 Ip, ushort Port)
{
    private const ulong MappedPrefix = 0xFFFF;

    public bool IsNone => Port == 0;

    public bool IsV4 => Ip >> 32 == MappedPrefix;

    public static GossipAddress V4(uint ip, ushort port) => new(((UInt128)MappedPrefix << 32) | ip, port);

    public override string ToString()
    {
        if (IsV4)
        {
            uint ip = (uint)Ip;
            return string.Create(CultureInfo.InvariantCulture, $"{ip >> 24}.{(ip >> 16) & 0xFF}.{(ip >> 8) & 0xFF}.{ip & 0xFF}:{Port}");
        }

        var groups = new string[8];
        for (int i = 0; i < groups.Length; i++)
        {
            groups[i] = ((ushort)(Ip >> (112 - (16 * i)))).ToString("x", CultureInfo.InvariantCulture);
        }

        return string.Create(CultureInfo.InvariantCulture, $"[{string.Join(':', groups)}]:{Port}");
    }
}
