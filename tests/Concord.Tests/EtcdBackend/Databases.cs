using System.IO.Compression;
using System.Security.Cryptography;
using Concord.EtcdBackend;
using Concord.EtcdBackend.Bolt;
using Concord.Mvcc;
using Concord.Tests.Rules;

namespace Concord.Tests.EtcdBackend;

/// <summary>Databases of etcd in memory.</summary>
internal static class Databases
{
    public static readonly IReadOnlyList<BackendMember> Members = [new(0xa1, "n1", ["http://10.0.0.1:2380"], ["http://10.0.0.1:2379"], false), new(0xb2, "", ["http://10.0.0.2:2380"], [], true)];

    /// <summary>
    /// What etcdctl 3.4.23 saved from etcd 3.4.23: keys k0 to k19 written three times each, k3 deleted, compaction at 40, k3
    /// written again, k4 and k7 deleted, a value of 20 000 bytes, a lease with one key.
    /// </summary>
    public static byte[] OfEtcd()
    {
        using var packed = new GZipStream(File.OpenRead(Repository.PathOf("tests/Concord.Tests/EtcdBackend/etcd-3.4.23.db.gz")), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }

    public static byte[] Write(KeySpaceView view, BackendAuth? auth = null) => WithHash(
        [.. new BackendWriter(new(view, 77, 5, Members, auth ?? BackendAuth.Off), CancellationToken.None).Pieces(4096).SelectMany(piece => piece.ToArray())]);

    /// <summary>A database with these buckets, whatever is in them.</summary>
    public static byte[] Write(params (string Name, (byte[] Key, byte[] Value)[] Pairs)[] buckets) => WithHash(
    [
        .. new BoltWriter(
            buckets.Select(bucket => new BoltBucket(bucket.Name, () => new SortedPairs(bucket.Pairs.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))))),
            CancellationToken.None).Pieces(4096).SelectMany(piece => piece.ToArray()),
    ]);

    public static byte[] WithHash(byte[] database) => [.. database, .. SHA256.HashData(database)];

    public static BackendFile FileOf(byte[] bytes) => new(new MemoryStream(bytes));

    public static BackendReader Open(byte[] bytes) => FileOf(bytes).Open();

    public static KeySpace Read(byte[] bytes) => Open(bytes).ReadHistory(_ => { }, CancellationToken.None).Complete(0, markCompacted: false);
}
