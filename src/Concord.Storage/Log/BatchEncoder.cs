using System.Buffers.Binary;
using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// Lays the records of one append out in sectors, in one buffer that is used again and again. A batch starts at a sector
/// of its own, so no write ever touches a sector that holds older records.
/// </summary>
internal sealed class BatchEncoder
{
    /// <summary>A buffer that one large batch needed is not kept for the small ones that follow.</summary>
    private const int KeptBytesMax = 8 << 20;

    private byte[] _buffer = new byte[4096];
    private int _payload;

    public uint Chain { get; private set; }

    public int SectorCount => (_payload + Sector.PayloadSize - 1) / Sector.PayloadSize;

    /// <param name="chain">The checksum of the record before.</param>
    /// <param name="payloadBytes">The sum of <see cref="LogRecord.PaddedSize"/> of the records to come.</param>
    public void Begin(uint chain, int payloadBytes)
    {
        Chain = chain;
        _payload = 0;
        int bytes = Sectors(payloadBytes) * Sector.Size;
        if (_buffer.Length < bytes || (_buffer.Length > KeptBytesMax && bytes <= KeptBytesMax))
            _buffer = new byte[Math.Max(bytes, Math.Min(2 * _buffer.Length, KeptBytesMax))];
        else
            _buffer.AsSpan(0, bytes).Clear();
    }

    public static int Sectors(int payloadBytes) => (payloadBytes + Sector.PayloadSize - 1) / Sector.PayloadSize;

    public void Add(in LogEntry entry)
    {
        Span<byte> head = stackalloc byte[LogRecord.EntryHeadSize];
        LogRecord.WriteEntryHead(head, entry);
        Add(head, entry.Data.Span);
    }

    public void Add(HardState state)
    {
        Span<byte> body = stackalloc byte[LogRecord.HardStateSize];
        LogRecord.WriteHardState(body, state);
        Add(body, []);
    }

    public void Add(RecordKind kind, LogPosition position)
    {
        Span<byte> body = stackalloc byte[LogRecord.PositionSize];
        LogRecord.WritePosition(body, kind, position);
        Add(body, []);
    }

    /// <summary>Completes the sectors for one place in one segment and returns them.</summary>
    public ReadOnlySpan<byte> Complete(uint salt, int firstSector, int flushed)
    {
        int count = SectorCount;
        for (int i = 0; i < count; i++)
        {
            SectorPlace place = (i == 0 ? SectorPlace.First : SectorPlace.None) |
                (i == count - 1 ? SectorPlace.Last : SectorPlace.None);
            Sector.Complete(_buffer.AsSpan(i * Sector.Size, Sector.Size), salt, firstSector + i, flushed, place);
        }

        return _buffer.AsSpan(0, count * Sector.Size);
    }

    private void Add(ReadOnlySpan<byte> head, ReadOnlySpan<byte> data)
    {
        Span<byte> frame = stackalloc byte[LogRecord.FrameSize];
        int length = head.Length + data.Length;
        BinaryPrimitives.WriteInt32LittleEndian(frame, length);
        Chain = Crc32C.Append(Crc32C.Append(Crc32C.Append(Chain, frame[..4]), head), data);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Chain);

        Copy(frame);
        Copy(head);
        Copy(data);
        _payload += LogRecord.PaddedSize(length) - LogRecord.FrameSize - length;
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int within = _payload % Sector.PayloadSize;
            int count = Math.Min(bytes.Length, Sector.PayloadSize - within);
            bytes[..count].CopyTo(_buffer.AsSpan((_payload / Sector.PayloadSize * Sector.Size) + within));
            _payload += count;
            bytes = bytes[count..];
        }
    }
}
