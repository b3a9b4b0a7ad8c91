using System.Buffers;

namespace Concord.Raft;

/// <summary>Little-endian base-128 numbers; the reader takes only the shortest form, so each value has one encoding.</summary>
internal ref struct VarintWriter(IBufferWriter<byte> output)
{
    private const int MaxBytes = 10;

    public readonly void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    public readonly void Unsigned(ulong value)
    {
        var span = output.GetSpan(MaxBytes);
        int i = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[i++] = (byte)(value | 0x80);
        }

        span[i++] = (byte)value;
        output.Advance(i);
    }

    public readonly void Index(LogIndex index) => Unsigned(checked((ulong)index.Value));

    public readonly void Term(Term term) => Unsigned(checked((ulong)term.Value));

    public readonly void Member(MemberId member) => Unsigned(member.Value);

    public readonly void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public readonly void Bytes(ReadOnlySpan<byte> bytes)
    {
        Unsigned((ulong)bytes.Length);
        output.Write(bytes);
    }
}

/// <summary>
/// Reads what <see cref="VarintWriter"/> wrote. After the first fault everything reads as zero and <see cref="Failed"/>
/// stays set, so a decoder checks once, at its end.
/// </summary>
internal ref struct VarintReader(ReadOnlyMemory<byte> input)
{
    private readonly ReadOnlyMemory<byte> _input = input;
    private int _position;

    public bool Failed { get; private set; }

    public readonly int Remaining => _input.Length - _position;

    public readonly bool AtEnd => !Failed && Remaining == 0;

    public byte Byte()
    {
        if (Failed || Remaining == 0)
        {
            Failed = true;
            return 0;
        }

        return _input.Span[_position++];
    }

    public ulong Unsigned()
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

    public LogIndex Index() => new(Signed());

    public Term Term() => new(Signed());

    public MemberId Member() => new(Unsigned());

    public bool Flag()
    {
        byte value = Byte();
        Failed |= value > 1;
        return value == 1;
    }

    /// <summary>A count of things that take at least <paramref name="minBytes"/> each, so that a lie cannot make us allocate.</summary>
    public int Count(int max, int minBytes)
    {
        ulong value = Unsigned();
        if (value > (ulong)max || value * (ulong)minBytes > (ulong)Remaining)
        {
            Failed = true;
            return 0;
        }

        return (int)value;
    }

    /// <summary>A slice of the input, not a copy.</summary>
    public ReadOnlyMemory<byte> Bytes(int max)
    {
        int length = Count(max, 1);
        var bytes = _input.Slice(_position, length);
        _position += length;
        return bytes;
    }

    private long Signed()
    {
        ulong value = Unsigned();
        Failed |= value > long.MaxValue;
        return Failed ? 0 : (long)value;
    }
}
