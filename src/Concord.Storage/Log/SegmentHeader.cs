using System.Buffers.Binary;
using Concord.Raft;

namespace Concord.Storage;

/// <summary>
/// The first sector of a segment: whose it is, and everything that the segments before it would have told, so that those
/// can be removed.
/// </summary>
/// <param name="CapacitySectors">The size of the file, this sector included.</param>
/// <param name="PreviousEnd">How many sectors of the segment before are in use; 0 in the very first segment.</param>
/// <param name="Chain">The checksum of the last record before.</param>
/// <param name="HardState">The newest at this point.</param>
/// <param name="Snapshot">The newest that the log names at this point.</param>
internal readonly record struct SegmentHeader(
    SegmentName Name,
    int CapacitySectors,
    int PreviousEnd,
    uint Chain,
    HardState HardState,
    LogPosition Snapshot)
{
    private const ulong Magic = 0x474F_4C44_524F_434E; // "NCORDLOG" in byte order
    private const uint FormatVersion = 1;

    public void Write(Span<byte> sector, MemberIdentity identity)
    {
        sector.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(sector, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[8..], FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[12..], Chain);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[16..], identity.ClusterId);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[24..], identity.MemberId);
        BinaryPrimitives.WriteInt64LittleEndian(sector[32..], Name.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(sector[40..], Name.FirstIndex.Value);
        BinaryPrimitives.WriteInt32LittleEndian(sector[48..], CapacitySectors);
        BinaryPrimitives.WriteInt32LittleEndian(sector[52..], PreviousEnd);
        BinaryPrimitives.WriteInt64LittleEndian(sector[56..], HardState.Term.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[64..], HardState.Vote.Value);
        BinaryPrimitives.WriteInt64LittleEndian(sector[72..], HardState.Commit.Value);
        BinaryPrimitives.WriteInt64LittleEndian(sector[80..], Snapshot.Index.Value);
        BinaryPrimitives.WriteInt64LittleEndian(sector[88..], Snapshot.Term.Value);
        Sector.Complete(sector, HeaderSalt, 0, flushed: 0, SectorPlace.First | SectorPlace.Last);
    }

    /// <exception cref="StorageDamagedException">It is not a header, or not the header of this file.</exception>
    /// <exception cref="StorageMismatchException">It is a good header of another member, cluster or version.</exception>
    public static SegmentHeader Read(ReadOnlySpan<byte> sector, SegmentName name, MemberIdentity identity)
    {
        if (Sector.Examine(sector, HeaderSalt, 0) != SectorState.Valid ||
            BinaryPrimitives.ReadUInt64LittleEndian(sector) != Magic)
            throw new StorageDamagedException(name.Path, 0, "the segment's header is not readable (its checksum is wrong).");
        CheckOwner(sector, name, identity);
        var header = new SegmentHeader(
            new SegmentName(
                BinaryPrimitives.ReadInt64LittleEndian(sector[32..]),
                new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(sector[40..]))),
            BinaryPrimitives.ReadInt32LittleEndian(sector[48..]),
            BinaryPrimitives.ReadInt32LittleEndian(sector[52..]),
            BinaryPrimitives.ReadUInt32LittleEndian(sector[12..]),
            new HardState(
                new Term(BinaryPrimitives.ReadInt64LittleEndian(sector[56..])),
                new MemberId(BinaryPrimitives.ReadUInt64LittleEndian(sector[64..])),
                new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(sector[72..]))),
            new LogPosition(
                new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(sector[80..])),
                new Term(BinaryPrimitives.ReadInt64LittleEndian(sector[88..]))));
        if (header.Name != name)
            throw new StorageDamagedException(name.Path, 0, $"the header is the one of '{header.Name.Path}'; was the file renamed?");
        return header;
    }

    // The header says whose the segment is, so it must be readable before that is known.
    private static uint HeaderSalt => 0;

    private static void CheckOwner(ReadOnlySpan<byte> sector, SegmentName name, MemberIdentity identity)
    {
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(sector[8..]);
        if (version != FormatVersion)
            throw new StorageMismatchException(
                $"'{name.Path}' has format version {version}; this program reads version {FormatVersion}. Use the program " +
                "version that wrote it, or a newer one.");
        ulong cluster = BinaryPrimitives.ReadUInt64LittleEndian(sector[16..]);
        ulong member = BinaryPrimitives.ReadUInt64LittleEndian(sector[24..]);
        if (cluster != identity.ClusterId || member != identity.MemberId)
            throw new StorageMismatchException(
                $"'{name.Path}' belongs to member {member:x} of cluster {cluster:x}, but this is member {identity.MemberId:x} " +
                $"of cluster {identity.ClusterId:x}. Give every member a data directory of its own.");
    }
}
