using System.Buffers.Binary;
using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// A snapshot file: header, chunks, trailer. Every part carries a CRC-32C continued from the part before, so the last one
/// is a checksum of the whole file.
/// </summary>
/// <remarks>
/// Little-endian. Header: u64 magic, u32 version, u32 size of the rest, u64 cluster, u64 member, i64 index, i64 term,
/// membership (u32 count and u64 ids, four times: voters, outgoing voters, learners, next learners; u8 auto leave;
/// u32 length and bytes of the context), u32
/// CRC. Chunk: u32 length &gt; 0, u32 CRC, bytes. Trailer: u32 0, u64 body bytes, u32 CRC of the body alone, u32 CRC.
/// </remarks>
internal static class SnapshotFormat
{
    /// <summary>How much is read, checked and handed on at a time.</summary>
    public const int ChunkBytesMax = 256 << 10;

    public const int ChunkHeadSize = 8;
    public const int TrailerSize = 20;
    public const int PreludeSize = 16;

    private const ulong Magic = 0x5041_4E53_4E4F_4343; // "CCONSNAP" in byte order
    private const uint FormatVersion = 2;
    private const int RestBytesMax = 1 << 20;

    public static byte[] WriteHeader(SnapshotMetadata metadata, MemberIdentity identity)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(FormatVersion);
        writer.Write(0u);
        writer.Write(identity.ClusterId);
        writer.Write(identity.MemberId);
        writer.Write(metadata.Index.Value);
        writer.Write(metadata.Term.Value);
        WriteIds(writer, metadata.Membership.Voters);
        WriteIds(writer, metadata.Membership.OutgoingVoters);
        WriteIds(writer, metadata.Membership.Learners);
        WriteIds(writer, metadata.Membership.NextLearners);
        writer.Write(metadata.Membership.AutoLeave);
        writer.Write(metadata.Membership.Context.Length);
        writer.Write(metadata.Membership.Context.Span);
        writer.Write(0u);
        byte[] header = stream.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), header.Length - PreludeSize);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(header.Length - 4), Crc32C.Compute(header.AsSpan(0, header.Length - 4)));
        return header;
    }

    /// <summary>Reads the size of the header's rest, or returns what is wrong.</summary>
    public static string? ReadPrelude(ReadOnlySpan<byte> prelude, out int rest)
    {
        rest = 0;
        if (BinaryPrimitives.ReadUInt64LittleEndian(prelude) != Magic)
            return "this is no snapshot file.";
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(prelude[8..]);
        if (version != FormatVersion)
            return $"the format version is {version}; this program reads version {FormatVersion}.";
        rest = BinaryPrimitives.ReadInt32LittleEndian(prelude[12..]);
        return rest is >= 40 and <= RestBytesMax ? null : $"the header has the impossible size {rest}.";
    }

    /// <summary>Reads a header whose checksum was found right.</summary>
    public static SnapshotMetadata ReadHeader(byte[] header, out ulong clusterId, out ulong memberId)
    {
        using var reader = new BinaryReader(new MemoryStream(header, PreludeSize, header.Length - PreludeSize));
        clusterId = reader.ReadUInt64();
        memberId = reader.ReadUInt64();
        var index = new LogIndex(reader.ReadInt64());
        var term = new Term(reader.ReadInt64());
        return new SnapshotMetadata(
            index,
            term,
            new Membership(ReadIds(reader), ReadIds(reader), ReadIds(reader), ReadIds(reader), reader.ReadBoolean())
            {
                Context = reader.ReadBytes(reader.ReadInt32()),
            });
    }

    private static void WriteIds(BinaryWriter writer, IReadOnlyList<MemberId> ids)
    {
        writer.Write(ids.Count);
        foreach (MemberId id in ids)
            writer.Write(id.Value);
    }

    private static MemberId[] ReadIds(BinaryReader reader)
    {
        var ids = new MemberId[reader.ReadInt32()];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = new MemberId(reader.ReadUInt64());
        return ids;
    }
}
