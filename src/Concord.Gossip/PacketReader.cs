using System.Buffers.Binary;

namespace Concord.Gossip;

/// <summary>
/// Reads what <see cref="PacketWriter"/> wrote, and only that: each value has one encoding. After the first fault everything
/// reads as nothing and <see cref="Failed"/> stays set, so a decoder checks once, at its end. Copies what it hands out.
/// </summary>
internal ref struct PacketReader(ReadOnlySpan<byte> source)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private int _position;

    public bool Failed { get; private set; }

    public readonly int Remaining => _source.Length - _position;

    public void Fail() => Failed = true;

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public bool Flag()
    {
        byte value = Byte();
        Failed |= value > 1;
        return value == 1;
    }

    public ulong Number()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Byte();
            bool tooLarge = shift == 63 && next > 1;
            bool notShortest = next == 0 && shift > 0;
            if (Failed || tooLarge || notShortest)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        Failed = true;
        return 0;
    }

    public ulong Number(ulong max)
    {
        ulong value = Number();
        Failed |= value > max;
        return Failed ? 0 : value;
    }

    public uint Number32() => (uint)Number(uint.MaxValue);

    /// <summary>A count of things that take at least <paramref name="bytesMin"/> each, so that a lie cannot make us allocate.</summary>
    public int Count(int max, int bytesMin)
    {
        int count = (int)Number((ulong)max);
        Failed |= (long)count * bytesMin > Remaining;
        return Failed ? 0 : count;
    }

    /// <summary>A name: never empty.</summary>
    public string Text(int bytesMax)
    {
        int length = Count(bytesMax, 1);
        string? text = WireText.Read(Take(length));
        Failed |= text is null or "";
        return Failed ? "?" : text!;
    }

    public ReadOnlyMemory<byte> Bytes(int max)
    {
        int length = Count(max, 1);
        return length == 0 ? ReadOnlyMemory<byte>.Empty : Take(length).ToArray();
    }

    public GossipAddress Address()
    {
        byte family = Byte();
        var bytes = Take(family switch { 4 => 6, 6 => 18, _ => -1 });
        if (Failed)
        {
            return default;
        }

        ushort port = BinaryPrimitives.ReadUInt16BigEndian(bytes[^2..]);
        var address = family == 4
            ? GossipAddress.V4(BinaryPrimitives.ReadUInt32BigEndian(bytes), port)
            : new GossipAddress(BinaryPrimitives.ReadUInt128BigEndian(bytes), port);
        Failed |= address.IsNone || (family == 6 && address.IsV4);
        return address;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (Failed || length < 0 || length > Remaining)
        {
            Failed = true;
            return [];
        }

        _position += length;
        return _source.Slice(_position - length, length);
    }
}
