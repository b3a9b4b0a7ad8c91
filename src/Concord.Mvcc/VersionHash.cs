using System.Buffers.Binary;
using System.Numerics;

namespace Concord.Mvcc;

/// <summary>
/// The hash by which replicas compare their histories: the sum of a mixed CRC-32C over every field of every version.
/// A sum does not depend on the order, so that whoever passes over the versions, in whatever order, can compute it. It
/// detects divergence and damage, not forgery.
/// </summary>
internal static class VersionHash
{
    public static uint Of(KeyVersion version)
    {
        var crc = uint.MaxValue;
        crc = BitOperations.Crc32C(crc, ((ulong)version.KeyLength << 32) | (uint)version.SubRevision);
        crc = BitOperations.Crc32C(crc, (ulong)version.CreateRevision);
        crc = BitOperations.Crc32C(crc, (ulong)version.ModRevision);
        crc = BitOperations.Crc32C(crc, (ulong)version.Version);
        crc = BitOperations.Crc32C(crc, (ulong)version.Lease.Value);
        ReadOnlySpan<byte> data = version.Data;
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        foreach (var one in data)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return Mix(crc);
    }

    /// <summary>
    /// A CRC is linear, and differences of linear sums can cancel; this (the finish of MurmurHash3) makes that as
    /// unlikely as for any 32 bits.
    /// </summary>
    internal static uint Mix(uint hash)
    {
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }
}
