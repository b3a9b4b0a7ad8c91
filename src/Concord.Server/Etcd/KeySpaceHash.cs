using System.Buffers.Binary;
using System.Numerics;
using Concord.Mvcc;

namespace Concord.Server.Etcd;

/// <summary>
/// CRC-32C over everything that can be read at <c>revision</c> and after the last compaction: the pairs as compaction
/// left them, then every change in order. Members that agree have equal hashes however much each has trimmed.
/// </summary>
internal static class KeySpaceHash
{
    /// <summary>Changes taken from the view in one go; bounds the memory of a hash over a long history.</summary>
    private const int ChangesMax = 4096;

    private const int HeaderBytes = 6 * sizeof(long);

    /// <param name="revision">Not below the view's compaction and not above its revision.</param>
    public static uint Of(KeySpaceView view, long revision)
    {
        var crc = uint.MaxValue;
        if (view.CompactedRevision > 0)
        {
            var error = view.Range(new RangeOperation(KeyRange.All) { Revision = view.CompactedRevision }, out var kept);
            if (error != StoreError.None)
            {
                throw new InvalidOperationException($"The view does not hold its own compaction revision {view.CompactedRevision}: {error}.");
            }

            foreach (var version in kept!.Items)
            {
                crc = Add(crc, version);
            }
        }

        var changes = new List<KeyVersion>();
        for (var next = view.CompactedRevision + 1; next <= revision;)
        {
            changes.Clear();
            next = view.ReadChanges(KeyRange.All, next, ChangesMax, changes);
            foreach (var change in changes)
            {
                if (change.ModRevision <= revision)
                {
                    crc = Add(crc, change);
                }
            }
        }

        return ~crc;
    }

    private static uint Add(uint crc, KeyVersion version)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt64LittleEndian(header, version.ModRevision);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], version.SubRevision);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], version.CreateRevision);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], version.Version);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], version.Lease.Value);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], version.Key.Length);
        return Add(Add(Add(crc, header), version.Key.Span), version.IsTombstone ? [] : version.Value.Span);
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }
}
