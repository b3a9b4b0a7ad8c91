using System.Buffers.Binary;
using Concord.Raft;

namespace Concord.Storage;

internal enum RecordKind : byte
{
    Entry = 1,
    HardState = 2,

    /// <summary>A snapshot file became part of what the replica stands on; the log goes on as it was.</summary>
    Snapshot = 3,

    /// <summary>A snapshot took the place of the whole log; the next entry follows the snapshot.</summary>
    Reset = 4,
}

/// <summary>
/// What a batch is made of. A record is: u32 length of the body, u32 CRC-32C of length and body continued from the record
/// before (the chain), body, zeros to a multiple of 8. So a length word never crosses the end of a sector, and a record
/// that is missing, doubled or out of place breaks the chain.
/// </summary>
/// <remarks>
/// Bodies, little-endian. Entry: u8 kind, u8 entry kind, 6 zeros, i64 index, i64 term, data. Hard state: u8 kind, 7
/// zeros, i64 term, u64 vote, i64 commit. Snapshot and reset: u8 kind, 7 zeros, i64 index, i64 term.
/// </remarks>
internal static class LogRecord
{
    public const int FrameSize = 8;
    public const int EntryHeadSize = 24;
    public const int HardStateSize = 32;
    public const int PositionSize = 24;

    /// <summary>A command is at most 1.5 MiB plus its head; sixteen times that is a damaged length or a bug.</summary>
    public const int DataBytesMax = 24 << 20;

    public static int PaddedSize(int bodySize) => FrameSize + ((bodySize + 7) & ~7);

    public static void WriteEntryHead(Span<byte> body, in LogEntry entry)
    {
        body[..8].Clear();
        body[0] = (byte)RecordKind.Entry;
        body[1] = (byte)entry.Kind;
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], entry.Index.Value);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], entry.Term.Value);
    }

    public static void WriteHardState(Span<byte> body, HardState state)
    {
        body[..8].Clear();
        body[0] = (byte)RecordKind.HardState;
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], state.Term.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(body[16..], state.Vote.Value);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], state.Commit.Value);
    }

    public static void WritePosition(Span<byte> body, RecordKind kind, LogPosition position)
    {
        body[..8].Clear();
        body[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], position.Index.Value);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], position.Term.Value);
    }

    /// <summary>Reads all of an entry but its data.</summary>
    public static LogEntry ReadEntryHead(ReadOnlySpan<byte> body) => new(
        new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body[8..])),
        new Term(BinaryPrimitives.ReadInt64LittleEndian(body[16..])),
        (EntryKind)body[1],
        ReadOnlyMemory<byte>.Empty);

    public static HardState ReadHardState(ReadOnlySpan<byte> body) => new(
        new Term(BinaryPrimitives.ReadInt64LittleEndian(body[8..])),
        new MemberId(BinaryPrimitives.ReadUInt64LittleEndian(body[16..])),
        new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body[24..])));

    public static LogPosition ReadPosition(ReadOnlySpan<byte> body) => new(
        new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body[8..])),
        new Term(BinaryPrimitives.ReadInt64LittleEndian(body[16..])));
}
