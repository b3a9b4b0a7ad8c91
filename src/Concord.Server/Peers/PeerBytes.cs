using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Concord.Server.Peers;

/// <summary>Little-endian numbers, and texts and bytes behind their u32 length.</summary>
internal readonly ref struct PeerWriter(IBufferWriter<byte> output)
{
    public void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    public void UInt64(ulong value) => Int64(unchecked((long)value));

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int32(value.Length);
        output.Write(value);
    }

    public void Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    public void Texts(IReadOnlyList<string> values)
    {
        Int32(values.Count);
        foreach (var value in values)
        {
            Text(value);
        }
    }
}

/// <summary>Reads what <see cref="PeerWriter"/> wrote; a count is believed only as far as the bytes can hold it.</summary>
internal ref struct PeerReader(ReadOnlyMemory<byte> input)
{
    private ReadOnlyMemory<byte> _rest = input;

    public readonly ReadOnlyMemory<byte> Rest => _rest;

    public byte Byte() => Take(1)[0];

    public bool Flag() => Byte() != 0;

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public ulong UInt64() => unchecked((ulong)Int64());

    /// <summary>Refers to the input.</summary>
    public ReadOnlyMemory<byte> Bytes()
    {
        var length = Int32();
        var taken = length >= 0 && length <= _rest.Length ? _rest[..length] : throw Malformed();
        _rest = _rest[length..];
        return taken;
    }

    public string Text() => Encoding.UTF8.GetString(Bytes().Span);

    public string[] Texts()
    {
        var texts = new string[Count(sizeof(int))];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = Text();
        }

        return texts;
    }

    /// <summary>For fields that a sender may leave out.</summary>
    public readonly bool HasMore => !_rest.IsEmpty;

    /// <summary>How many elements follow, of at least so many bytes each.</summary>
    public int Count(int bytesMin)
    {
        var count = Int32();
        return count >= 0 && (long)count * bytesMin <= _rest.Length ? count : throw Malformed();
    }

    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw Malformed();
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = _rest.Length >= count ? _rest.Span[..count] : throw Malformed();
        _rest = _rest[count..];
        return taken;
    }

    private static PeerProtocolException Malformed() => new("a message is malformed; the sender may run another version of the program");
}
