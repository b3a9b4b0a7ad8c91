using Concord.Raft;

namespace Concord.Server.Peers;

/// <summary>
/// The frames of a connection that carries one snapshot: an offer (the Raft message), the answer (how much of the body the
/// receiver has from an earlier try), pieces of the body, the end with the checksum of the whole, and the confirmation.
/// </summary>
internal static class SnapshotLane
{
    /// <summary>The receiver has no use for it: it has this snapshot, or a newer state.</summary>
    public const long NotWanted = -1;

    private const byte Piece = 1;
    private const byte End = 2;

    /// <summary>The receiver loads and flushes a whole state before it confirms; a minute is a very large one.</summary>
    public static readonly TimeSpan ConfirmTimeout = TimeSpan.FromMinutes(2);

    public static void WriteOffer(RaftMessage.InstallSnapshot offer, FrameBuffer output)
    {
        output.Begin();
        MessageCodec.Encode(offer, output);
        output.End();
    }

    public static RaftMessage.InstallSnapshot ReadOffer(MemberId from, ReadOnlyMemory<byte> payload) =>
        MessageCodec.Decode(payload.ToArray()) is RaftMessage.InstallSnapshot offer && offer.From == from
            ? offer
            : throw new PeerProtocolException("the offer of a snapshot is malformed");

    public static void WriteNumber(long number, FrameBuffer output)
    {
        output.Begin();
        new PeerWriter(output).Int64(number);
        output.End();
    }

    public static long ReadNumber(FrameReader reader)
    {
        if (!reader.TryRead(out var payload))
        {
            throw new PeerProtocolException("the other side closed the connection");
        }

        var bytes = new PeerReader(payload);
        return bytes.Int64();
    }

    public static void WritePiece(ReadOnlySpan<byte> body, FrameBuffer output)
    {
        output.Begin();
        var writer = new PeerWriter(output);
        writer.Byte(Piece);
        writer.Bytes(body);
        output.End();
    }

    public static void WriteEnd(long bytes, uint checksum, FrameBuffer output)
    {
        output.Begin();
        var writer = new PeerWriter(output);
        writer.Byte(End);
        writer.Int64(bytes);
        writer.Int32(unchecked((int)checksum));
        output.End();
    }

    /// <summary>True with a piece; false at the end, which tells size and checksum of the whole body.</summary>
    public static bool TryReadPiece(FrameReader reader, out ReadOnlyMemory<byte> piece, out long bytes, out uint checksum)
    {
        (piece, bytes, checksum) = (default, 0, 0);
        if (!reader.TryRead(out var payload))
        {
            throw new PeerProtocolException("the connection ended in the middle of a snapshot");
        }

        var fields = new PeerReader(payload);
        switch (fields.Byte())
        {
            case Piece:
                piece = fields.Bytes();
                return true;
            case End:
                (bytes, checksum) = (fields.Int64(), unchecked((uint)fields.Int32()));
                return false;
            default:
                throw new PeerProtocolException("a snapshot is malformed");
        }
    }
}
