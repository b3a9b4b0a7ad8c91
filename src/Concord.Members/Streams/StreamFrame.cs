using System.Buffers.Binary;
using System.Net.Sockets;
using Concord.Gossip;
using Concord.Members.Wire;

namespace Concord.Members.Streams;

internal enum FrameKind : byte
{
    /// <summary>One message of the gossip protocol, as <see cref="PacketCodec"/> has it.</summary>
    Message = 1,

    /// <summary>Asks for a challenge.</summary>
    KeyringHello = 2,

    KeyringChallenge = 3,

    KeyringRequest = 4,

    KeyringAnswer = 5,
}

internal readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Body);

/// <summary>A stream that cannot be gone on with; what arrived on it is dropped.</summary>
internal sealed class StreamRefusedException(PacketRefusal refusal, string message) : IOException(message)
{
    public PacketRefusal Refusal { get; } = refusal;
}

/// <summary>
/// Framing on streams: length (4 bytes, little-endian), then kind and body, sealed as packets are where there are keys. A reader
/// takes memory only for what has arrived, out of a budget that all streams share.
/// </summary>
internal static class StreamFrame
{
    /// <summary>A full state of ten thousand members with all the metadata there can be; memberlist stops at the same size.</summary>
    public const int BytesMax = 20 << 20;

    private const int LengthBytes = sizeof(uint);

    private const int FirstBytes = 4 << 10;

    /// <returns>Bytes on the wire.</returns>
    public static async Task<int> WriteAsync(NetworkStream stream, Seal seal, FrameKind kind, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var plain = new byte[1 + body.Length];
        plain[0] = (byte)kind;
        body.CopyTo(plain.AsMemory(1));
        var wire = new byte[LengthBytes + plain.Length + seal.Overhead];
        BinaryPrimitives.WriteUInt32LittleEndian(wire, (uint)(wire.Length - LengthBytes));
        seal.Close(plain, wire.AsSpan(LengthBytes));
        await stream.WriteAsync(wire, cancellation).ConfigureAwait(false);
        return wire.Length;
    }

    /// <returns>Null if the other side is done, and the bytes on the wire.</returns>
    /// <exception cref="StreamRefusedException">It is no frame, or too much waits already.</exception>
    public static async Task<(Frame? Frame, int Bytes)> ReadAsync(NetworkStream stream, Seal seal, StreamBudget.Share share, CancellationToken cancellation)
    {
        var head = new byte[LengthBytes];
        int first = await stream.ReadAtLeastAsync(head, LengthBytes, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        if (first == 0)
        {
            return (null, 0);
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (first < LengthBytes || length < 1 + seal.Overhead || length > BytesMax)
        {
            throw new StreamRefusedException(PacketRefusal.Size, "no frame of a gossip stream");
        }

        var input = new byte[Math.Min((int)length, FirstBytes)];
        share.Take(input.Length);
        for (int filled = 0; filled < length;)
        {
            if (filled == input.Length)
            {
                int larger = (int)Math.Min(length, 2L * input.Length);
                share.Take(larger - input.Length);
                Array.Resize(ref input, larger);
            }

            int read = await stream.ReadAsync(input.AsMemory(filled), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                throw new StreamRefusedException(PacketRefusal.Size, "the stream ended within a frame");
            }

            filled += read;
        }

        share.Take(input.Length);
        var plain = new byte[input.Length];
        var refusal = seal.Open(input, plain, out int opened);
        if (refusal != PacketRefusal.None || opened < 1)
        {
            throw new StreamRefusedException(refusal == PacketRefusal.None ? PacketRefusal.Size : refusal, "the frame is sealed under no known key");
        }

        return (new Frame((FrameKind)plain[0], plain.AsMemory(1, opened - 1)), LengthBytes + input.Length);
    }
}
