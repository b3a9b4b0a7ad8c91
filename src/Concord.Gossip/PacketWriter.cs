using System.Buffers.Binary;

namespace Concord.Gossip;

/// <summary>Writes into memory that is large enough: sizes are known before.</summary>
internal ref struct PacketWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Written { get; private set; }

    public static int SizeOf(ulong value) => (70 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7;

    public static int SizeOf(string text)
    {
        int bytes = WireText.Bytes(text);
        return SizeOf((uint)bytes) + bytes;
    }

    public static int SizeOf(ReadOnlyMemory<byte> bytes) => SizeOf((uint)bytes.Length) + bytes.Length;

    public static int SizeOf(GossipAddress address) => 1 + (address.IsV4 ? 4 : 16) + 2;

    public void Byte(byte value) => _destination[Written++] = value;

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Little-endian base 128.</summary>
    public void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    public void Fixed32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_destination[Written..], value);
        Written += sizeof(uint);
    }

    public void Fixed64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_destination[Written..], value);
        Written += sizeof(ulong);
    }

    public void Text(string text)
    {
        Number((uint)WireText.Bytes(text));
        Written += WireText.Write(text, _destination[Written..]);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number((uint)bytes.Length);
        bytes.CopyTo(_destination[Written..]);
        Written += bytes.Length;
    }

    /// <summary>Family (4 or 6), address and port, most significant byte first.</summary>
    public void Address(GossipAddress address)
    {
        if (address.IsV4)
        {
            Byte(4);
            BinaryPrimitives.WriteUInt32BigEndian(_destination[Written..], (uint)address.Ip);
            Written += sizeof(uint);
        }
        else
        {
            Byte(6);
            BinaryPrimitives.WriteUInt128BigEndian(_destination[Written..], address.Ip);
            Written += 16;
        }

        BinaryPrimitives.WriteUInt16BigEndian(_destination[Written..], address.Port);
        Written += sizeof(ushort);
    }
}
