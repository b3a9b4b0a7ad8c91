using System.Buffers.Binary;
using Google.Protobuf;

namespace Concord.Benchmarks.Http2;

/// <summary>Frames that wait to be sent, written one after the other (RFC 9113, section 4). Not synchronised.</summary>
internal sealed class FrameBuffer
{
    public const int HeaderBytes = 9;

    /// <summary>The payload that every server takes.</summary>
    public const int PayloadBytesMax = 16384;

    private const int GrpcPrefixBytes = 5;
    private const int HeaderBlockBytesMax = 1024;

    private readonly HpackWriter _headers = new();
    private byte[] _bytes = new byte[1024];
    private byte[] _spare = new byte[1024];

    public int Length { get; private set; }

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Takes what was written; it stays valid until the next call.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        var taken = _bytes.AsMemory(0, Length);
        (_bytes, _spare) = (_spare, _bytes);
        Length = 0;
        return taken;
    }

    public void WritePreface() => Preface.CopyTo(Reserve(Preface.Length));

    public void WriteSettings(ReadOnlySpan<(Setting Setting, int Value)> settings)
    {
        const int SettingBytes = sizeof(ushort) + sizeof(int);
        var payload = StartFrame(FrameType.Settings, FrameFlags.None, 0, settings.Length * SettingBytes);
        foreach (var (setting, value) in settings)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)setting);
            BinaryPrimitives.WriteInt32BigEndian(payload[sizeof(ushort)..], value);
            payload = payload[SettingBytes..];
        }
    }

    public void WriteHeaders(int streamId, string authority, string path)
    {
        Span<byte> block = stackalloc byte[HeaderBlockBytesMax];
        var length = _headers.Write(
            [
                (":method", "POST"),
                (":scheme", "http"),
                (":path", path),
                (":authority", authority),
                ("content-type", "application/grpc"),
                ("te", "trailers"),
                ("user-agent", "concord-bench"),
            ],
            block);
        WriteFrame(FrameType.Headers, FrameFlags.EndHeaders, streamId, block[..length]);
    }

    /// <summary>The bytes that a message has in DATA frames, without their headers.</summary>
    public static int MessageBytes(IMessage message) => GrpcPrefixBytes + message.CalculateSize();

    public void WriteMessage(int streamId, IMessage message, int messageBytes, FrameFlags flags) =>
        WriteMessage(StartFrame(FrameType.Data, flags, streamId, messageBytes), message);

    public static void WriteMessage(Span<byte> output, IMessage message)
    {
        output[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(output[1..], output.Length - GrpcPrefixBytes);
        message.WriteTo(output[GrpcPrefixBytes..]);
    }

    public void WriteWindowUpdate(int streamId, int bytes) =>
        BinaryPrimitives.WriteInt32BigEndian(StartFrame(FrameType.WindowUpdate, FrameFlags.None, streamId, sizeof(int)), bytes);

    public void WriteFrame(FrameType type, FrameFlags flags, int streamId, ReadOnlySpan<byte> payload) =>
        payload.CopyTo(StartFrame(type, flags, streamId, payload.Length));

    private Span<byte> StartFrame(FrameType type, FrameFlags flags, int streamId, int length)
    {
        var frame = Reserve(HeaderBytes + length);
        BinaryPrimitives.WriteInt32BigEndian(frame, length << 8);
        frame[3] = (byte)type;
        frame[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(frame[5..], streamId);
        return frame[HeaderBytes..];
    }

    private Span<byte> Reserve(int length)
    {
        if (_bytes.Length - Length < length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + length));
        }

        var span = _bytes.AsSpan(Length, length);
        Length += length;
        return span;
    }
}
