using System.Buffers.Binary;

namespace Concord.EtcdBackend.Bolt;

/// <summary>
/// The layout of a bbolt file, version 2; numbers are little-endian as on the machines that etcd runs on.
/// <code>
/// page      id u64, kind u16, count u16, overflow u32 (pages that follow it and belong to it), then
///   meta      magic u32, version u32, page size u32, flags u32, root bucket (page u64, sequence u64),
///             freelist page u64, number of pages u64, transaction u64, FNV-1a of all before it u64
///   branch    per child: distance to its key u32, key length u32, page u64; then the keys
///   leaf      per pair: flags u32 (1: a bucket), distance to its key u32, key length u32, value length u32; then key and value of each
///   freelist  page ids u64
/// bucket    root page u64, sequence u64; root page 0: a leaf page follows in the value itself
/// </code>
/// Pages 0 and 1 are metas; the one with the higher transaction counts. A distance is counted from the element that says it.
/// </summary>
internal static class BoltFormat
{
    public const uint Magic = 0xED0CDAED;

    public const uint Version = 2;

    public const int PageHeaderBytes = 16;

    /// <summary>Of both kinds.</summary>
    public const int ElementBytes = 16;

    public const int BucketHeaderBytes = 16;

    public const int MetaBytes = 64;

    public const ushort BranchPage = 1;

    public const ushort LeafPage = 2;

    public const ushort MetaPage = 4;

    public const ushort FreelistPage = 16;

    public const uint BucketFlag = 1;

    /// <summary>Both metas come first.</summary>
    public const int MetaPages = 2;

    public const int PageBytesMin = 512;

    /// <summary>The largest page of any processor that etcd is built for.</summary>
    public const int PageBytesMax = 65536;

    public static void WritePageHeader(Span<byte> page, ulong id, ushort kind, int count, int overflow)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(page, id);
        BinaryPrimitives.WriteUInt16LittleEndian(page[8..], kind);
        BinaryPrimitives.WriteUInt16LittleEndian(page[10..], checked((ushort)count));
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], (uint)overflow);
    }

    public static ulong MetaChecksum(ReadOnlySpan<byte> meta)
    {
        var hash = 14695981039346656037UL;
        foreach (var one in meta[..(MetaBytes - sizeof(ulong))])
        {
            hash = (hash ^ one) * 1099511628211UL;
        }

        return hash;
    }
}
