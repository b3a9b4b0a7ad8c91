using System.Buffers.Binary;

namespace Concord.EtcdBackend;

/// <summary>
/// A revision as etcd's keys write it: revision (8 bytes, big-endian), an underscore, the sub-revision (8 bytes, big-endian),
/// and a 't' behind that where the change is a deletion.
/// </summary>
internal readonly record struct RevisionKey(long Revision, long SubRevision, bool IsTombstone)
{
    public const int Bytes = 17;

    private const byte Separator = (byte)'_';
    private const byte TombstoneMark = (byte)'t';

    public int Length => IsTombstone ? Bytes + 1 : Bytes;

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, Revision);
        destination[8] = Separator;
        BinaryPrimitives.WriteInt64BigEndian(destination[9..], SubRevision);
        if (IsTombstone)
        {
            destination[Bytes] = TombstoneMark;
        }
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        Write(bytes);
        return bytes;
    }

    public static bool TryRead(ReadOnlySpan<byte> key, out RevisionKey revision)
    {
        revision = default;
        if (key.Length is not (Bytes or Bytes + 1) || key[8] != Separator || (key.Length > Bytes && key[Bytes] != TombstoneMark))
        {
            return false;
        }

        revision = new(BinaryPrimitives.ReadInt64BigEndian(key), BinaryPrimitives.ReadInt64BigEndian(key[9..]), key.Length > Bytes);
        return true;
    }
}
