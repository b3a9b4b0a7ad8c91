using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.EtcdBackend;

/// <summary>A change of a key as a pair of etcd's database. One instance is filled again and again.</summary>
internal sealed class VersionRecord
{
    private readonly KeyValue _value = new();

    public RevisionKey Key { get; private set; }

    public int ValueLength { get; private set; }

    public void Set(KeyVersion version)
    {
        Key = new(version.ModRevision, version.SubRevision, version.IsTombstone);
        _value.Key = UnsafeByteOperations.UnsafeWrap(version.Key);

        // Of a deletion etcd keeps the key alone.
        _value.Value = version.IsTombstone ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(version.Value);
        _value.CreateRevision = version.CreateRevision;
        _value.ModRevision = version.IsTombstone ? 0 : version.ModRevision;
        _value.Version = version.Version;
        _value.Lease = version.Lease.Value;
        ValueLength = _value.CalculateSize();
    }

    /// <summary>
    /// A deletion of the empty key, which no store can hold: readers take the revision from it and nothing else. It stands for a
    /// revision that was reached without a change.
    /// </summary>
    public void SetRevision(long revision)
    {
        Key = new(revision, 0, IsTombstone: true);
        _value.Key = _value.Value = ByteString.Empty;
        _value.CreateRevision = _value.ModRevision = _value.Version = _value.Lease = 0;
        ValueLength = 0;
    }

    public void CopyValue(Span<byte> destination) => _value.WriteTo(destination);
}
