using System.Buffers.Binary;

namespace Concord.EtcdBackend.Bolt;

/// <summary>What a meta page says of its file.</summary>
internal sealed record BoltMeta(int PageBytes, ulong Root, ulong PageCount, ulong Transaction)
{
    /// <summary>Reads the content of a meta page; null if it is none of a version that is known, or damaged.</summary>
    public static BoltMeta? TryParse(ReadOnlySpan<byte> content)
    {
        if (content.Length < BoltFormat.MetaBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(content) != BoltFormat.Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(content[4..]) != BoltFormat.Version
            || BinaryPrimitives.ReadUInt64LittleEndian(content[56..]) != BoltFormat.MetaChecksum(content))
        {
            return null;
        }

        var pageBytes = BinaryPrimitives.ReadUInt32LittleEndian(content[8..]);
        return pageBytes is < BoltFormat.PageBytesMin or > BoltFormat.PageBytesMax || (pageBytes & (pageBytes - 1)) != 0
            ? null
            : new(
                (int)pageBytes,
                BinaryPrimitives.ReadUInt64LittleEndian(content[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(content[40..]),
                BinaryPrimitives.ReadUInt64LittleEndian(content[48..]));
    }
}
