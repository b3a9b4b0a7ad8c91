using Concord.Mvcc;

namespace Concord.Server.Etcd;

/// <summary>Writes etcd's KeyValue, and what else a hot answer needs, from the versions themselves into a span.</summary>
/// <remarks>
/// Protocol Buffers, proto3: fields in the order of their numbers, those with their default value left out. All field numbers here
/// are below 16, so a tag is one byte. The caller has found the size first and gives a span that is long enough; the methods return
/// the position behind what they wrote.
/// </remarks>
internal static class ProtoPairs
{
    /// <summary>The most that tag and length take.</summary>
    public const int FieldBytesMax = 1 + 10;

    private const byte KeyTag = 1 << 3 | 2;
    private const byte CreateRevisionTag = 2 << 3;
    private const byte ModRevisionTag = 3 << 3;
    private const byte VersionTag = 4 << 3;
    private const byte ValueTag = 5 << 3 | 2;
    private const byte LeaseTag = 6 << 3;

    public static int PairSize(KeyVersion version, bool keysOnly = false) =>
        BytesSize(version.KeySpan.Length)
        + NumberSize(version.CreateRevision)
        + NumberSize(version.ModRevision)
        + NumberSize(version.Version)
        + (keysOnly ? 0 : BytesSize(version.ValueSpan.Length))
        + NumberSize(version.Lease.Value);

    public static int WritePair(Span<byte> span, int at, byte tag, KeyVersion version, bool keysOnly, int size)
    {
        at = WriteLength(span, at, tag, size);
        at = WriteBytes(span, at, KeyTag, version.KeySpan);
        at = WriteNumber(span, at, CreateRevisionTag, version.CreateRevision);
        at = WriteNumber(span, at, ModRevisionTag, version.ModRevision);
        at = WriteNumber(span, at, VersionTag, version.Version);
        at = keysOnly ? at : WriteBytes(span, at, ValueTag, version.ValueSpan);
        return WriteNumber(span, at, LeaseTag, version.Lease.Value);
    }

    /// <summary>Of a deleted key only its name and the revision of its end are told.</summary>
    public static int TombstoneSize(KeyVersion version) => BytesSize(version.KeySpan.Length) + NumberSize(version.ModRevision);

    public static int WriteTombstone(Span<byte> span, int at, byte tag, KeyVersion version, int size)
    {
        at = WriteLength(span, at, tag, size);
        at = WriteBytes(span, at, KeyTag, version.KeySpan);
        return WriteNumber(span, at, ModRevisionTag, version.ModRevision);
    }

    /// <summary>Of a field whose content has so many bytes, tag and length included.</summary>
    public static int FieldSize(int size) => 1 + VarintSize((ulong)size) + size;

    public static int NumberSize(long value) => value == 0 ? 0 : 1 + VarintSize((ulong)value);

    public static int VarintSize(ulong value) => (70 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7;

    public static int WriteLength(Span<byte> span, int at, byte tag, int length)
    {
        span[at] = tag;
        return WriteVarint(span, at + 1, (ulong)length);
    }

    public static int WriteNumber(Span<byte> span, int at, byte tag, long value)
    {
        if (value == 0)
        {
            return at;
        }

        span[at] = tag;
        return WriteVarint(span, at + 1, (ulong)value);
    }

    public static int WriteVarint(Span<byte> span, int at, ulong value)
    {
        while (value >= 0x80)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[at++] = (byte)value;
        return at;
    }

    private static int BytesSize(int length) => length == 0 ? 0 : FieldSize(length);

    private static int WriteBytes(Span<byte> span, int at, byte tag, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return at;
        }

        at = WriteLength(span, at, tag, value.Length);
        value.CopyTo(span[at..]);
        return at + value.Length;
    }
}
