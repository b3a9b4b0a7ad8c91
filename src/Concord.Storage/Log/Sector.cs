using System.Buffers.Binary;
using System.Numerics;

namespace Concord.Storage;

internal enum SectorState
{
    /// <summary>All zeros: never written, or lost.</summary>
    Empty,

    /// <summary>Exactly what was written at this place.</summary>
    Valid,

    /// <summary>Not empty, but its last bytes were never written: a write that was cut short.</summary>
    Torn,

    /// <summary>Was written completely and has changed since, or was written by something else.</summary>
    Damaged,
}

[Flags]
internal enum SectorPlace : uint
{
    None = 0,
    First = 1,
    Last = 2,

    /// <summary>The segment is complete and a next one exists; the sector carries no records.</summary>
    Seal = 4,
}

/// <summary>
/// The unit that the log is written in. 512 bytes: 496 of payload, then a trailer. Each sector is written once, into
/// zeros, and proves by itself whether it was written and is still the same. docs/design/0002-log-format.md argues why
/// that is what tells a torn tail from damage.
/// </summary>
/// <remarks>
/// Trailer, little-endian: [496] u32 flushed, [500] u32 place, [504] u32 mark, [508] u32 CRC-32C of the bytes before,
/// continued from the segment's salt and the sector's number.
/// </remarks>
internal static class Sector
{
    public const int Size = 512;
    public const int PayloadSize = 496;

    /// <summary>Mark and checksum: one aligned word, which a crash leaves old or new.</summary>
    public const int ProofAt = 504;

    public const int ProofSize = 8;

    private const int FlushedAt = 496;
    private const int PlaceAt = 500;
    private const int MarkAt = 504;
    private const int CrcAt = 508;

    // Many set bits, so that no few flipped bits turn a written sector into an unwritten one or the reverse.
    private const uint Mark = 0xD3B5_7AE9;
    private const int MarkBitsMin = 8;

    public static long Offset(int sector) => (long)sector * Size;

    /// <summary>The part of the checksum that binds a sector to its segment.</summary>
    public static uint Salt(MemberIdentity identity, long sequence)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, identity.ClusterId);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], identity.MemberId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], sequence);
        return Crc32C.Compute(bytes);
    }

    /// <summary>Writes the trailer.</summary>
    /// <param name="flushed">
    /// How many sectors of the segment, from its start, were durable before this one was written.
    /// </param>
    public static void Complete(Span<byte> sector, uint salt, int number, int flushed, SectorPlace place)
    {
        BinaryPrimitives.WriteInt32LittleEndian(sector[FlushedAt..], flushed);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[PlaceAt..], (uint)place);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[MarkAt..], Mark);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[CrcAt..], Checksum(sector, salt, number));
    }

    public static SectorState Examine(ReadOnlySpan<byte> sector, uint salt, int number)
    {
        if (!sector.ContainsAnyExcept((byte)0))
            return SectorState.Empty;
        uint mark = BinaryPrimitives.ReadUInt32LittleEndian(sector[MarkAt..]);
        if (mark == Mark && BinaryPrimitives.ReadUInt32LittleEndian(sector[CrcAt..]) == Checksum(sector, salt, number))
            return SectorState.Valid;
        return BitOperations.PopCount(mark) < MarkBitsMin ? SectorState.Torn : SectorState.Damaged;
    }

    public static int Flushed(ReadOnlySpan<byte> sector) => BinaryPrimitives.ReadInt32LittleEndian(sector[FlushedAt..]);

    public static SectorPlace Place(ReadOnlySpan<byte> sector) =>
        (SectorPlace)BinaryPrimitives.ReadUInt32LittleEndian(sector[PlaceAt..]);

    private static uint Checksum(ReadOnlySpan<byte> sector, uint salt, int number)
    {
        Span<byte> place = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(place, number);
        return Crc32C.Append(Crc32C.Append(salt, place), sector[..CrcAt]);
    }
}
